import { Alert, Stack, Text } from "@mantine/core";

import { Card } from "@/console/components/card";
import { Facts } from "@/console/components/facts";
import { Moment } from "@/console/components/moment";
import { Word } from "@/console/components/word";
import type { SpoolState } from "@/console/features/spool/queries";
import { bytes, count, duration } from "@/console/formats";
import { useSaid } from "@/console/said";
import { useTexts } from "@/console/texts";

/** How much waits in the gateway, since when, why, and what to do about it. */
export function StateCard({ state }: { state: SpoolState }) {
  const { t, i18n } = useTexts();
  const said = useSaid();
  const lost = state.not_durable > 0;
  return (
    <Card title={t("spool.state")} aside={<Word kind="spool_state" word={state.state} />}>
      {state.cause && (
        <Alert color="orange" variant="light" title={said(state.cause)}>
          {said(state.next_step)}
        </Alert>
      )}
      {lost && (
        <Alert color="red" variant="light" title={t("spool.not_durable", { count: state.not_durable })}>
          <Stack gap={4}>
            <Text size="sm">{state.last_not_durable_cause}</Text>
            <Text size="sm">
              <Moment at={state.last_not_durable_at} />
            </Text>
          </Stack>
        </Alert>
      )}
      <Facts
        facts={[
          [t("spool.depth"), count(state.depth, i18n.language)],
          [t("spool.oldest"), state.depth ? duration(state.waiting_s, i18n.language) : t("common.none")],
          [t("spool.size"), bytes(state.bytes, i18n.language)],
          [t("spool.set_aside"), count(state.set_aside, i18n.language)],
          [t("spool.disk_free"), bytes(state.disk_free_mb * 1_048_576, i18n.language)],
        ]}
      />
    </Card>
  );
}

/** Files of the queue that could not be read to their end. */
export function BrokenCard({ broken }: { broken: SpoolState["broken"] }) {
  const { t, i18n } = useTexts();
  if (!broken.length) return null;
  return (
    <Card title={t("spool.broken")}>
      <Text size="sm">{t("spool.broken_what")}</Text>
      <Facts
        facts={broken.map((one) => [
          one.id,
          <>
            <Moment at={one.created_at} /> · {bytes(one.size, i18n.language)}
          </>,
        ])}
      />
    </Card>
  );
}
