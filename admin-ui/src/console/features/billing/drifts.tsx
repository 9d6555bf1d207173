import { Alert, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";

import { Confirmed } from "@/console/components/confirm";
import { PortalLink } from "@/console/components/ids";
import { ProblemNotice } from "@/console/components/problem-notice";
import { useApi, useRole } from "@/console/context";
import { recount, useBillingChange } from "@/console/features/billing/changes";
import { type Drift, listDrifts } from "@/console/features/billing/queries";
import { count } from "@/console/formats";
import { useTexts, useWord } from "@/console/texts";

/** Counters that are not what their events add up to; nothing where all of them are right. */
export function Drifts() {
  const { t } = useTexts();
  const query = useQuery(listDrifts(useApi()));
  if (query.isError) return <ProblemNotice problem={query.error} onRetry={() => void query.refetch()} />;
  if (!query.data?.items.length) return null;
  const byPortal = byPortalOf(query.data.items);
  return (
    <Alert variant="default" icon={<IconAlertTriangle />} title={t("billing.drifts")} mb="md">
      <Stack gap="xs">
        <Text size="sm">{t("billing.drifts_what")}</Text>
        {[...byPortal].map(([portalId, drifts]) => (
          <OfPortal key={portalId} portalId={portalId} drifts={drifts} />
        ))}
      </Stack>
    </Alert>
  );
}

function byPortalOf(drifts: Drift[]): Map<string, Drift[]> {
  const found = new Map<string, Drift[]>();
  for (const drift of drifts) found.set(drift.portal_id, [...(found.get(drift.portal_id) ?? []), drift]);
  return found;
}

function OfPortal({ portalId, drifts }: { portalId: string; drifts: Drift[] }) {
  const { t, i18n } = useTexts();
  const readable = useWord();
  const { mayChange } = useRole();
  const api = useApi();
  const action = useBillingChange(() => recount(api, portalId));
  const number = (value: number) => count(value, i18n.language);
  return (
    <Group gap="sm">
      <PortalLink id={portalId} tab="billing" />
      {drifts.map(({ name, period_from, counter, events }) => (
        <Text size="sm" key={name + period_from}>
          {t("billing.drift", {
            name: readable("limit", name),
            counter: number(counter),
            events: number(events),
          })}
        </Text>
      ))}
      {mayChange && (
        <Confirmed label={t("billing.recount")} title={t("billing.recount_title")} action={action}>
          <Text size="sm">{t("billing.recount_what")}</Text>
        </Confirmed>
      )}
    </Group>
  );
}
