import { Stack, Text, Title } from "@mantine/core";
import { useId } from "react";
import { useTranslation } from "react-i18next";

import type { Answer } from "@/portal/api";
import { isQuoted } from "@/portal/features/knowledge/asking";
import classes from "@/portal/features/knowledge/knowledge.module.css";
import { Marked } from "@/portal/features/knowledge/marked";
import { Source } from "@/portal/features/knowledge/source";

/** An answer with its sources, or the honest no. */
export function Answered({ question, answer }: { question: string; answer: Answer }) {
  const { t } = useTranslation();
  const quoted = isQuoted(answer);
  const title = useId();
  return (
    <section className={answer.answered ? classes.answer : classes.noAnswer} aria-labelledby={title}>
      <Stack gap="sm">
        <div>
          <Text size="sm" c="dimmed" className={classes.breaks ?? ""}>
            {question}
          </Text>
          <Title order={3} size="h4" id={title}>
            {t(answer.answered ? "ask.answer" : "ask.no")}
          </Title>
        </div>
        {!(answer.answered && quoted) && <Marked text={answer.answer} />}
        {answer.citations.length > 0 && !quoted && (
          <Text size="sm" fw={600}>
            {t("ask.sources")}
          </Text>
        )}
        {answer.citations.map(({ document_id, filename, quote, location }, place) => (
          <figure key={`${document_id}-${place}`} className={classes.citation}>
            <blockquote>
              <Marked text={quote} />
            </blockquote>
            <figcaption>
              <Source filename={filename} location={location} />
            </figcaption>
          </figure>
        ))}
      </Stack>
    </section>
  );
}
