import { useQuery } from "@tanstack/react-query";
import type { DataTableColumn } from "mantine-datatable";

import { type Filter, Filters } from "@/console/components/filters";
import { PortalLink } from "@/console/components/ids";
import { List } from "@/console/components/list";
import { Moment } from "@/console/components/moment";
import { Word } from "@/console/components/word";
import { useApi } from "@/console/context";
import { Drifts } from "@/console/features/billing/drifts";
import {
  listPlans,
  listSubscriptions,
  STATUSES,
  type Subscription,
  subscriptionFile,
} from "@/console/features/billing/queries";
import { Used } from "@/console/features/billing/used";
import { useFilters } from "@/console/search";
import { useTexts, useWord } from "@/console/texts";

/** What every portal is on, the nearest to a limit first. */
export function PortalsTab() {
  const { t } = useTexts();
  const api = useApi();
  const [search] = useFilters();
  const { data: plans } = useQuery(listPlans(api));
  const filters: Filter[] = [
    { name: "portal_id" },
    { name: "plan", kind: "plan", words: plans?.items.map(({ code }) => code) ?? [] },
    { name: "status", kind: "subscription_status", words: STATUSES },
    { name: "near", kind: "near", words: ["50", "80", "100"] },
  ];
  return (
    <>
      <Drifts />
      <Filters filters={filters} times={false} />
      <List
        name="subscriptions"
        label={t("billing.tabs.portals")}
        query={useQuery(listSubscriptions(api, search))}
        file={() => subscriptionFile(api, search)}
        columns={useColumns()}
        empty={t("billing.no_portals")}
      />
    </>
  );
}

function useColumns(): DataTableColumn<Subscription>[] {
  const { t, i18n } = useTexts();
  const readable = useWord();
  return [
    {
      accessor: "portal_id",
      title: t("columns.portal"),
      render: ({ portal_id }) => <PortalLink id={portal_id} tab="billing" />,
    },
    {
      accessor: "plan_code",
      title: t("columns.plan"),
      render: ({ plan, plan_version }) =>
        t("billing.plan_version", {
          name: i18n.language === "ru" ? plan.name_ru : plan.name_en,
          version: plan_version,
        }),
    },
    {
      accessor: "status",
      title: t("columns.status"),
      render: ({ status }) => <Word kind="subscription_status" word={status} />,
    },
    {
      accessor: "used_percent",
      title: t("billing.nearest"),
      render: ({ used_percent }) => <Used percent={used_percent} />,
    },
    { accessor: "period", title: t("billing.period_end"), render: ({ period }) => <Moment at={period.to} /> },
    {
      accessor: "marketplace",
      title: t("billing.marketplace"),
      render: ({ marketplace }) => (marketplace ? readable("marketplace", marketplace.status) : t("common.none")),
    },
    { accessor: "paid_until", title: t("billing.paid_until"), render: ({ paid_until }) => <Moment at={paid_until} /> },
  ];
}
