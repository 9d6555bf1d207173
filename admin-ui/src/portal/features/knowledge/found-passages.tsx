import { Progress, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Found } from "@/portal/api";
import { ChevronIcon } from "@/portal/components/icons";
import classes from "@/portal/features/knowledge/knowledge.module.css";
import { Marked } from "@/portal/features/knowledge/marked";
import { Source } from "@/portal/features/knowledge/source";

/** What the answer was chosen from, best first: an administrator sees why it is this one. */
export function FoundPassages({ found }: { found: Found[] }) {
  const { t } = useTranslation();
  return (
    <Stack gap="xs">
      <div>
        <Title order={3} size="h4">
          {t("ask.found")}
        </Title>
        <Text size="sm" c="dimmed">
          {t(found.length ? "ask.found_text" : "ask.found_none")}
        </Text>
      </div>
      {found.length > 0 && (
        <ol className={classes.found}>
          {found.map((one) => (
            <li key={`${one.document_id}-${one.location.starts}`}>
              <Passage found={one} />
            </li>
          ))}
        </ol>
      )}
    </Stack>
  );
}

function Passage({ found: { filename, text, score, coverage, location } }: { found: Found }) {
  const { t, i18n } = useTranslation();
  const percent = Math.round(coverage * 100);
  const points = new Intl.NumberFormat(i18n.language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const covers = t("ask.coverage", { percent });
  return (
    <details className={classes.passage}>
      <summary>
        <Source filename={filename} location={location} />
        <span className={classes.measure}>
          <Progress value={percent} size="sm" aria-label={covers} />
          <Text span size="xs" c="dimmed">
            {covers}, {t("ask.score", { score: points.format(score) })}
          </Text>
        </span>
        <span className={classes.chevron}>
          <ChevronIcon size={18} />
        </span>
      </summary>
      <Marked text={text} />
    </details>
  );
}
