import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { DataTableColumn } from "mantine-datatable";

import { PortalLink } from "@/console/components/ids";
import { List } from "@/console/components/list";
import { useApi } from "@/console/context";
import { Heat } from "@/console/features/billing/heat";
import { type Activity, activityFile, listActivity } from "@/console/features/billing/queries";
import { useFilters } from "@/console/search";
import { useTexts } from "@/console/texts";

/** On how many days portals used the bot: the Marketplace pays by them. */
export function ActivityTab() {
  const { t } = useTexts();
  const api = useApi();
  const [search] = useFilters();
  return (
    <>
      <Text size="sm" c="dimmed" mb="sm">
        {t("billing.activity_what")}
      </Text>
      <List
        name="activity"
        label={t("billing.tabs.activity")}
        query={useQuery(listActivity(api, search))}
        file={() => activityFile(api)}
        columns={useColumns()}
        empty={t("billing.no_activity")}
      />
    </>
  );
}

function useColumns(): DataTableColumn<Activity>[] {
  const { t } = useTexts();
  return [
    {
      accessor: "portal_id",
      title: t("columns.portal"),
      render: ({ portal_id }) => <PortalLink id={portal_id} tab="billing" />,
    },
    { accessor: "active_days", title: t("billing.active_days") },
    { accessor: "replies", title: t("billing.by_day"), render: ({ replies }) => <Heat replies={replies} /> },
  ];
}
