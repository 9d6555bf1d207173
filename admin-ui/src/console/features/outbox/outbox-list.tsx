import { Anchor } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { DataTableColumn } from "mantine-datatable";

import { type Filter, Filters } from "@/console/components/filters";
import { PortalLink, TraceLink } from "@/console/components/ids";
import { List } from "@/console/components/list";
import { Moment } from "@/console/components/moment";
import { Word } from "@/console/components/word";
import { useApi, useRole } from "@/console/context";
import { outboxFile, listOutbox, type OutboxItem } from "@/console/features/outbox/queries";
import { RetryButton } from "@/console/features/outbox/retry-button";
import { RetryMany } from "@/console/features/outbox/retry-many";
import { useSaid } from "@/console/said";
import { useFilters } from "@/console/search";
import { useTexts } from "@/console/texts";

const STATES = ["created", "sending", "unknown", "retry", "sent", "dead"] as const;
const FILTERS: Filter[] = [
  { name: "state", kind: "outbox_state", words: STATES },
  { name: "cause" },
  { name: "dialog_id" },
  { name: "trace_id" },
];

/** The outbox, of everybody or of one portal. */
export function OutboxList({ portalId }: { portalId?: string }) {
  const { t } = useTexts();
  const { mayChange } = useRole();
  const api = useApi();
  const [address] = useFilters();
  const search = portalId ? { ...address, portal_id: portalId } : address;
  return (
    <>
      <Filters filters={portalId ? FILTERS : [{ name: "portal_id" }, ...FILTERS]} />
      {mayChange && search.state === "dead" && <RetryMany search={search} />}
      <List
        name="outbox"
        label={t("places.outbox")}
        query={useQuery(listOutbox(api, search))}
        columns={useColumns(!portalId)}
        file={() => outboxFile(api, search)}
        empty={t("outbox.empty")}
      />
    </>
  );
}

function useColumns(withPortal: boolean): DataTableColumn<OutboxItem>[] {
  const { t } = useTexts();
  const said = useSaid();
  const { mayChange } = useRole();
  return [
    {
      accessor: "created_at",
      title: t("columns.created_at"),
      render: ({ id, created_at }) => (
        <Anchor component={Link} to={`/outbox/${id}`} size="sm">
          <Moment at={created_at} />
        </Anchor>
      ),
    },
    {
      accessor: "portal_id",
      title: t("columns.portal"),
      hidden: !withPortal,
      render: (item) => <PortalLink id={item.portal_id} />,
    },
    {
      accessor: "state",
      title: t("columns.state"),
      render: ({ state }) => <Word kind="outbox_state" word={state} />,
    },
    { accessor: "attempts", title: t("columns.attempts") },
    { accessor: "cause", title: t("columns.cause"), render: ({ cause }) => said(cause) ?? t("common.none") },
    {
      accessor: "next_step",
      title: t("columns.next_step"),
      render: ({ next_step }) => said(next_step) ?? t("common.none"),
    },
    { accessor: "trace_id", title: t("columns.trace"), render: ({ trace_id }) => <TraceLink id={trace_id} /> },
    {
      accessor: "actions",
      title: t("columns.actions"),
      hidden: !mayChange,
      render: (item) => item.state === "dead" && <RetryButton id={item.id} />,
    },
  ];
}
