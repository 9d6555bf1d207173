import { useQuery } from "@tanstack/react-query";
import type { DataTableColumn } from "mantine-datatable";

import { type Filter, Filters } from "@/console/components/filters";
import { PortalLink } from "@/console/components/ids";
import { List } from "@/console/components/list";
import { Moment } from "@/console/components/moment";
import { useApi } from "@/console/context";
import { alertFile, type LimitAlert, listAlerts } from "@/console/features/billing/queries";
import { count } from "@/console/formats";
import { useFilters } from "@/console/search";
import { useTexts, useWord } from "@/console/texts";

const FILTERS: Filter[] = [{ name: "portal_id" }];

/** Limits that portals came near to, and that their administrators were told of. */
export function AlertsTab() {
  const { t } = useTexts();
  const api = useApi();
  const [search] = useFilters();
  return (
    <>
      <Filters filters={FILTERS} />
      <List
        name="alerts"
        label={t("billing.tabs.alerts")}
        query={useQuery(listAlerts(api, search))}
        file={() => alertFile(api, search)}
        columns={useColumns()}
        empty={t("billing.no_alerts")}
      />
    </>
  );
}

function useColumns(): DataTableColumn<LimitAlert>[] {
  const { t, i18n } = useTexts();
  const readable = useWord();
  const number = (value: number) => count(value, i18n.language);
  return [
    { accessor: "created_at", title: t("columns.created_at"), render: ({ created_at }) => <Moment at={created_at} /> },
    {
      accessor: "portal_id",
      title: t("columns.portal"),
      render: ({ portal_id }) => <PortalLink id={portal_id} tab="billing" />,
    },
    { accessor: "name", title: t("billing.limit"), render: ({ name }) => readable("limit", name) },
    {
      accessor: "threshold",
      title: t("billing.threshold"),
      render: ({ threshold }) => t("billing.percent", { percent: threshold }),
    },
    {
      accessor: "used",
      title: t("billing.used"),
      render: ({ used, limit }) => t("billing.of", { used: number(used), limit: number(limit) }),
    },
    { accessor: "resets_at", title: t("billing.resets_at"), render: ({ resets_at }) => <Moment at={resets_at} /> },
  ];
}
