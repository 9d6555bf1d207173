import { Anchor, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { DataTableColumn } from "mantine-datatable";

import { type Filter, Filters } from "@/console/components/filters";
import { List } from "@/console/components/list";
import { Moment } from "@/console/components/moment";
import { PageHead } from "@/console/components/page-head";
import { Word } from "@/console/components/word";
import { useApi } from "@/console/context";
import { portalsFile, listPortals, type Portal } from "@/console/features/portals/queries";
import { useSaid } from "@/console/said";
import { useFilters } from "@/console/search";
import { useTexts } from "@/console/texts";

const STATUSES = [
  "installing",
  "active",
  "suspended",
  "payment_required",
  "unreachable",
  "uninstalled",
  "dead",
] as const;
const FILTERS: Filter[] = [
  { name: "query" },
  { name: "status", kind: "portal_status", words: STATUSES },
  { name: "health", kind: "health", words: ["ok", "warning", "failing"] },
];

export function PortalsPage() {
  const { t } = useTexts();
  const api = useApi();
  const [search] = useFilters();
  return (
    <>
      <PageHead title={t("places.portals")} />
      <Filters filters={FILTERS} />
      <List
        name="portals"
        label={t("places.portals")}
        query={useQuery(listPortals(api, search))}
        columns={useColumns()}
        file={() => portalsFile(api, search)}
        empty={t("portals.empty")}
      />
    </>
  );
}

function useColumns(): DataTableColumn<Portal>[] {
  const { t } = useTexts();
  const said = useSaid();
  return [
    {
      accessor: "domain",
      title: t("columns.domain"),
      render: ({ id, domain }) => (
        <Anchor component={Link} to={`/portals/${id}`} fw={500} size="sm">
          {domain}
        </Anchor>
      ),
    },
    {
      accessor: "status",
      title: t("columns.status"),
      render: ({ status }) => <Word kind="portal_status" word={status} />,
    },
    {
      accessor: "health",
      title: t("columns.health"),
      render: ({ health, health_cause }) => (
        <>
          <Word kind="health" word={health} />
          {health_cause && (
            <Text size="xs" c="dimmed">
              {said(health_cause)}
            </Text>
          )}
        </>
      ),
    },
    { accessor: "plan", title: t("columns.plan") },
    {
      accessor: "last_proven_alive_at",
      title: t("columns.alive"),
      render: (portal) => <Moment at={portal.last_proven_alive_at} />,
    },
    { accessor: "created_at", title: t("columns.created_at"), render: (portal) => <Moment at={portal.created_at} /> },
  ];
}
