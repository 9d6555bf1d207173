import { Button, Skeleton, Stack, Text, TextInput, VisuallyHidden } from "@mantine/core";
import { type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";

import { SearchIcon } from "@/portal/components/icons";
import { Card } from "@/portal/components/page";
import { ProblemNotice } from "@/portal/components/problem-notice";
import { type Told, useAsk } from "@/portal/features/knowledge/asking";
import { Answered } from "@/portal/features/knowledge/answered";
import { FoundPassages } from "@/portal/features/knowledge/found-passages";
import classes from "@/portal/features/knowledge/knowledge.module.css";

const LONGEST = 4000;

/** A question to the documents: the bot's answer, and for an administrator what it was chosen from. */
export function AskCard({ own = false }: { own?: boolean }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [last, setLast] = useState<Told | null>(null);
  const ask = useAsk(!own, setLast);
  const question = typed.trim();
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (question && !ask.isPending) ask.mutate(question);
  };
  return (
    <Card title={t(own ? "ask.title_own" : "ask.title")} icon={<SearchIcon />}>
      <Text c="dimmed" size="sm">
        {t(own ? "ask.text_own" : "ask.text")}
      </Text>
      <form onSubmit={submit} className={classes.ask}>
        <TextInput
          label={t("ask.question")}
          placeholder={t("ask.placeholder")}
          value={typed}
          maxLength={LONGEST}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Button type="submit" loading={ask.isPending} disabled={!question}>
          {t("ask.send")}
        </Button>
      </form>
      <div aria-live="polite" aria-busy={ask.isPending} className={classes.told}>
        {ask.isPending && <VisuallyHidden>{t("ask.looking")}</VisuallyHidden>}
        {ask.isPending && !last && <Skeleton height={112} radius="md" aria-hidden />}
        {ask.isError && <ProblemNotice problem={ask.error} onRetry={() => ask.mutate(ask.variables)} />}
        {last && !ask.isError && (
          <Stack gap="lg">
            <Answered question={last.question} answer={last.answer} />
            {last.found && <FoundPassages key={last.question} found={last.found} />}
          </Stack>
        )}
      </div>
    </Card>
  );
}
