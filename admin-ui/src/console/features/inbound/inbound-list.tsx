import { Anchor, Code, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { DataTableColumn } from "mantine-datatable";

import { type Filter, Filters } from "@/console/components/filters";
import { TraceLink } from "@/console/components/ids";
import { List } from "@/console/components/list";
import { Moment } from "@/console/components/moment";
import { Word } from "@/console/components/word";
import { useApi } from "@/console/context";
import { type InboundEvent, inboundFile, listInbound } from "@/console/features/inbound/queries";
import { useFilters } from "@/console/search";
import { useTexts } from "@/console/texts";

const OUTCOMES = ["accepted", "duplicate", "ignored", "refused", "unparsable", "error"] as const;
const FILTERS: Filter[] = [
  { name: "domain" },
  { name: "event" },
  { name: "outcome", kind: "outcome", words: OUTCOMES },
  { name: "reason" },
  { name: "portal_id" },
  { name: "trace_id" },
];

/** Requests as they came, newest first. */
export function InboundList() {
  const { t } = useTexts();
  const api = useApi();
  const [search] = useFilters();
  return (
    <>
      <Filters filters={FILTERS} />
      <List
        name="inbound-events"
        label={t("places.inbound_events")}
        query={useQuery(listInbound(api, search))}
        columns={useColumns()}
        file={() => inboundFile(api, search)}
        empty={t("inbound.empty")}
      />
    </>
  );
}

function useColumns(): DataTableColumn<InboundEvent>[] {
  const { t } = useTexts();
  return [
    {
      accessor: "received_at",
      title: t("columns.received_at"),
      render: ({ id, received_at }) => (
        <Anchor component={Link} to={`/inbound-events/${id}`} size="sm">
          <Moment at={received_at} />
        </Anchor>
      ),
    },
    { accessor: "domain", title: t("columns.domain"), render: ({ domain }) => domain ?? t("common.none") },
    {
      accessor: "event",
      title: t("columns.event"),
      render: ({ event }) => (event ? <Code>{event}</Code> : t("common.none")),
    },
    {
      accessor: "outcome",
      title: t("columns.outcome"),
      render: ({ outcome, reason }) => (
        <>
          <Word kind="outcome" word={outcome} />
          {reason && (
            <Text size="xs" c="dimmed">
              {reason}
            </Text>
          )}
        </>
      ),
    },
    { accessor: "remote_ip", title: t("columns.remote_ip") },
    { accessor: "trace_id", title: t("columns.trace"), render: ({ trace_id }) => <TraceLink id={trace_id} /> },
  ];
}
