import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { DataTableColumn } from "mantine-datatable";

import { Filters } from "@/console/components/filters";
import { TraceLink } from "@/console/components/ids";
import { List } from "@/console/components/list";
import { Moment } from "@/console/components/moment";
import { useApi } from "@/console/context";
import { type LifeEntry, lifeFile, listLife } from "@/console/features/portals/parts/queries";
import { useFilters } from "@/console/search";
import { useTexts, useWord } from "@/console/texts";

/** What a portal went through: installs, renames, removals. */
export function LifeTab({ portalId }: { portalId: string }) {
  const { t } = useTexts();
  const api = useApi();
  const [search] = useFilters();
  return (
    <>
      <Text size="sm" c="dimmed" mb="sm">
        {t("life.about")}
      </Text>
      <Filters filters={[]} />
      <List
        name="life"
        label={t("portal.tabs.life")}
        query={useQuery(listLife(api, portalId, search))}
        file={() => lifeFile(api, portalId, search)}
        columns={useColumns()}
        empty={t("life.empty")}
      />
    </>
  );
}

function useColumns(): DataTableColumn<LifeEntry>[] {
  const { t } = useTexts();
  const readable = useWord();
  const changed = (name: string, said: (value: string) => string) => (entry: LifeEntry) => {
    const [before, after] = [entry.before[name], entry.after[name]];
    if (!after) return t("common.none");
    return before && before !== after ? `${said(before)} → ${said(after)}` : said(after);
  };
  return [
    { accessor: "created_at", title: t("columns.at"), render: ({ created_at }) => <Moment at={created_at} /> },
    { accessor: "event", title: t("columns.event"), render: ({ event }) => readable("life", event) },
    {
      accessor: "status",
      title: t("columns.status"),
      render: changed("status", (word) => readable("portal_status", word)),
    },
    { accessor: "domain", title: t("columns.domain"), render: changed("domain", (domain) => domain) },
    {
      accessor: "trace_id",
      title: t("columns.trace"),
      render: ({ trace_id }) => (trace_id ? <TraceLink id={trace_id} /> : t("common.none")),
    },
  ];
}
