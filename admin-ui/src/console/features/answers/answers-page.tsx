import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { Card } from "@/console/components/card";
import { Facts } from "@/console/components/facts";
import { Loaded } from "@/console/components/loaded";
import { PageHead } from "@/console/components/page-head";
import { useApi, useRole } from "@/console/context";
import { AnswersForm } from "@/console/features/answers/answers-form";
import { answerSettings, type Chosen } from "@/console/features/answers/queries";
import { useTexts, useWord } from "@/console/texts";

/** How everybody is answered, where a portal chose nothing of its own. */
export function AnswersPage() {
  const { t } = useTexts();
  const { mayChange } = useRole();
  return (
    <>
      <PageHead title={t("places.answers")} about={t("answers.about")} />
      <Loaded query={useQuery(answerSettings(useApi()))} height={400}>
        {(chosen) => (
          <Stack>
            <InForce chosen={chosen} />
            {mayChange && <AnswersForm chosen={chosen} />}
          </Stack>
        )}
      </Loaded>
    </>
  );
}

/** What counts now, chosen or not. */
function InForce({ chosen: { effective, has_api_key } }: { chosen: Chosen }) {
  const { t } = useTexts();
  const readable = useWord();
  const word = (kind: string, value: string | null | undefined) => value && readable(kind, value);
  return (
    <Card title={t("answers.in_force")}>
      <Facts
        facts={[
          [t("answers.model_enabled"), effective.model_enabled ? t("common.yes") : t("common.no")],
          [t("answers.base_url"), effective.base_url],
          [t("answers.models"), effective.models?.join(", ")],
          [t("answers.api_key"), has_api_key ? t("answers.key_set") : t("answers.key_none")],
          [t("answers.tone"), word("tone", effective.tone)],
          [t("answers.strictness"), word("strictness", effective.strictness)],
          [t("answers.language"), word("answer_language", effective.language)],
          [t("answers.citations"), word("citations", effective.citations)],
          [t("answers.history"), effective.history],
          [t("answers.embeddings"), word("embeddings", effective.embeddings)],
          [t("answers.embedding_model"), effective.embedding_model],
        ]}
      />
    </Card>
  );
}
