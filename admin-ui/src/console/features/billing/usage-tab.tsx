import { Group, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { DataTableColumn } from "mantine-datatable";
import { lazy, Suspense } from "react";

import { Card } from "@/console/components/card";
import { ExportButton } from "@/console/components/export-button";
import { PortalLink } from "@/console/components/ids";
import { List } from "@/console/components/list";
import { Loaded } from "@/console/components/loaded";
import { useApi } from "@/console/context";
import { usageFile } from "@/console/features/billing/changes";
import { Days } from "@/console/features/billing/days";
import { usageByDay, usageByPortal, type UsageRow } from "@/console/features/billing/queries";
import { count } from "@/console/formats";
import { margin, money, ofMicro } from "@/console/money";
import { useFilters } from "@/console/search";
import { useTexts } from "@/console/texts";

const UsageChart = lazy(() =>
  import("@/console/features/billing/usage-chart").then((part) => ({ default: part.UsageChart })),
);

/** What was used in the days of the address, by day and by portal. */
export function UsageTab() {
  const { t } = useTexts();
  const api = useApi();
  const [search] = useFilters();
  return (
    <Stack>
      <Group align="flex-end" justify="space-between">
        <Days />
        <ExportButton name="usage.csv" label={t("billing.download")} file={() => usageFile(api, search)} />
      </Group>
      <Card title={t("billing.by_day")}>
        <Loaded query={useQuery(usageByDay(api, search))} height={260}>
          {({ items }) =>
            items.length ? (
              <Suspense fallback={<Skeleton height={260} radius="lg" />}>
                <UsageChart days={items} />
              </Suspense>
            ) : (
              <Text c="dimmed">{t("billing.no_usage")}</Text>
            )
          }
        </Loaded>
      </Card>
      <List
        name="usage-by-portal"
        label={t("billing.by_portal")}
        query={useQuery(usageByPortal(api, search))}
        columns={useColumns()}
        empty={t("billing.no_usage")}
      />
    </Stack>
  );
}

function useColumns(): DataTableColumn<UsageRow>[] {
  const { t, i18n } = useTexts();
  const number = (value: number) => count(value, i18n.language);
  const sum = (minor: number | null, currency: string | null) =>
    minor === null ? t("common.none") : money(minor, currency, i18n.language);
  return [
    { accessor: "key", title: t("columns.portal"), render: ({ key }) => <PortalLink id={key} tab="billing" /> },
    { accessor: "replies", title: t("billing.replies"), textAlign: "right", render: (row) => number(row.replies) },
    { accessor: "tokens", title: t("billing.tokens"), textAlign: "right", render: (row) => number(row.tokens) },
    {
      accessor: "cost_micro",
      title: t("billing.cost"),
      textAlign: "right",
      render: (row) => sum(ofMicro(row.cost_micro), row.currency),
    },
    {
      accessor: "price_minor",
      title: t("billing.price"),
      textAlign: "right",
      render: (row) => sum(row.price_minor, row.currency),
    },
    {
      accessor: "margin",
      title: t("billing.margin"),
      textAlign: "right",
      render: (row) => sum(margin(row), row.currency),
    },
  ];
}
