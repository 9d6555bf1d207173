import { Progress, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { DataTable } from "mantine-datatable";

import { Card } from "@/console/components/card";
import { Facts } from "@/console/components/facts";
import { PortalLink } from "@/console/components/ids";
import { Loaded } from "@/console/components/loaded";
import { Moment } from "@/console/components/moment";
import { useApi, useRole } from "@/console/context";
import { PruneCard } from "@/console/features/inbound/prune-card";
import { settings, type Usage, usage } from "@/console/features/inbound/queries";
import { SettingsCard } from "@/console/features/inbound/settings-card";
import { bytes, count } from "@/console/formats";
import { useTexts } from "@/console/texts";

/** How much the blackbox takes, what it may keep, and how to free some of it. */
export function StorageTab() {
  const api = useApi();
  const { mayChange } = useRole();
  return (
    <Stack>
      <Loaded query={useQuery(usage(api))}>{(used) => <UsageCard used={used} />}</Loaded>
      <Loaded query={useQuery(settings(api))}>
        {(kept) => <SettingsCard settings={kept} readOnly={!mayChange} />}
      </Loaded>
      {mayChange && <PruneCard />}
    </Stack>
  );
}

function UsageCard({ used }: { used: Usage }) {
  const { t, i18n } = useTexts();
  const share = used.budget_bytes ? (used.bytes / used.budget_bytes) * 100 : 0;
  const taken = t("storage.of", {
    used: bytes(used.bytes, i18n.language),
    budget: bytes(used.budget_bytes, i18n.language),
  });
  return (
    <Card title={t("storage.usage")}>
      <Text size="sm">{taken}</Text>
      <Progress value={Math.min(share, 100)} color={share > 90 ? "red" : "azure"} size="lg" aria-label={taken} />
      <Facts
        facts={[
          [t("storage.rows"), count(used.rows, i18n.language)],
          [t("storage.oldest"), <Moment at={used.oldest} />],
          [t("storage.newest"), <Moment at={used.newest} />],
        ]}
      />
      {used.portals.length > 0 && (
        <DataTable
          records={used.portals}
          idAccessor={({ portal_id }) => portal_id ?? ""}
          columns={[
            {
              accessor: "portal_id",
              title: t("columns.portal"),
              render: ({ portal_id }) => (portal_id ? <PortalLink id={portal_id} /> : t("storage.nobody")),
            },
            { accessor: "rows", title: t("storage.rows"), render: ({ rows }) => count(rows, i18n.language) },
            { accessor: "bytes", title: t("columns.size"), render: (one) => bytes(one.bytes, i18n.language) },
          ]}
        />
      )}
      {used.refused_sources.length > 0 && (
        <Facts
          facts={used.refused_sources.map((source) => [
            source.remote_ip,
            t("storage.refused", { count: source.events }),
          ])}
        />
      )}
    </Card>
  );
}
