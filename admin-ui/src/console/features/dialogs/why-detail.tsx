import { Blockquote, Group, Stack, Text, Title } from "@mantine/core";
import { DataTable } from "mantine-datatable";

import { Raw } from "@/console/components/raw";
import { Word } from "@/console/components/word";
import type { Explanation } from "@/console/features/dialogs/queries";
import { count } from "@/console/formats";
import { money, ofMicro } from "@/console/money";
import { useTexts } from "@/console/texts";

interface Props {
  explanation: Explanation;
}

const NESTED = " › ";

/** What an answer was made from: passages, the rejected ones too, quotes, and what a model took part in it. */
export function WhyDetail({ explanation }: Props) {
  const { t } = useTexts();
  const place = usePlace();
  const { quotes, suggested, model } = explanation.detail;
  return (
    <Stack>
      <Passages explanation={explanation} />
      {quotes.length > 0 && <Title order={3}>{t("why.quotes")}</Title>}
      {quotes.map((quote) => (
        <Blockquote key={quote.document_id + quote.quote} p="sm" cite={place(quote)}>
          {quote.quote}
        </Blockquote>
      ))}
      {suggested.length > 0 && <Text size="sm">{t("why.suggested", { what: suggested.join(", ") })}</Text>}
      {model && <Raw value={model} label={t("why.model")} />}
      {explanation.costs && explanation.costs.length > 0 && <Costs explanation={explanation} />}
    </Stack>
  );
}

/** Where of its document something stands. */
function usePlace() {
  const { t } = useTexts();
  return ({ heading, page }: { heading: string[]; page: number | null }) =>
    [...heading, ...(page === null ? [] : [t("why.page", { page })])].join(NESTED);
}

function Passages({ explanation: { detail } }: Props) {
  const { t, i18n } = useTexts();
  const place = usePlace();
  const share = (value: number) => count(Math.round(100 * value), i18n.language);
  return (
    <DataTable
      records={detail.passages.map((passage, index) => ({ ...passage, id: index }))}
      minHeight={detail.passages.length ? 0 : 120}
      noRecordsText={t("why.no_passages")}
      columns={[
        {
          accessor: "filename",
          title: t("why.passage"),
          render: (passage) => (
            <Stack gap={0}>
              <Text size="sm">{passage.filename}</Text>
              <Text size="xs" c="dimmed">
                {place(passage)}
              </Text>
            </Stack>
          ),
        },
        {
          accessor: "coverage",
          title: t("why.coverage"),
          textAlign: "right",
          render: ({ coverage }) => t("why.percent", { value: share(coverage) }),
        },
        { accessor: "score", title: t("why.score"), textAlign: "right", render: ({ score }) => score.toFixed(2) },
        {
          accessor: "similarity",
          title: t("why.similarity"),
          textAlign: "right",
          render: ({ similarity }) => (similarity === null ? t("common.none") : similarity?.toFixed(2)),
        },
        {
          accessor: "verdict",
          title: t("why.verdict"),
          render: ({ verdict }) => <Word kind="verdict" word={verdict} />,
        },
      ]}
    />
  );
}

function Costs({ explanation: { costs } }: Props) {
  const { t, i18n } = useTexts();
  return (costs ?? []).map((cost, index) => (
    <Group key={index} gap="xs">
      <Text size="sm">
        {t("why.cost", {
          model: cost.model,
          prompt: count(cost.prompt_tokens, i18n.language),
          completion: count(cost.completion_tokens, i18n.language),
        })}
      </Text>
      <Text size="sm" fw={500}>
        {cost.cost_micro === null ? t("why.unpriced") : money(ofMicro(cost.cost_micro), cost.currency, i18n.language)}
      </Text>
    </Group>
  ));
}
