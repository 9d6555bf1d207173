import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { DataTableColumn } from "mantine-datatable";

import { BbText } from "@/console/components/bb-text";
import { type Filter, Filters } from "@/console/components/filters";
import { DialogLink, PortalLink, TraceLink } from "@/console/components/ids";
import { List } from "@/console/components/list";
import { Moment } from "@/console/components/moment";
import { PageHead } from "@/console/components/page-head";
import { Word } from "@/console/components/word";
import { useApi } from "@/console/context";
import { messagesFile, listMessages, type Message } from "@/console/features/dialogs/queries";
import { useSaid } from "@/console/said";
import { useFilters } from "@/console/search";
import { useTexts, useWord } from "@/console/texts";

const STATES = ["pending", "answering", "answered", "ignored", "sent", "failed"] as const;
const FILTERS: Filter[] = [
  { name: "portal_id" },
  { name: "direction", kind: "direction", words: ["rx", "tx"] },
  { name: "state", kind: "message_state", words: STATES },
  { name: "dialog_id" },
  { name: "trace_id" },
];

/** Messages of all dialogs, newest first. */
export function MessagesPage() {
  const { t } = useTexts();
  const api = useApi();
  const [search] = useFilters();
  return (
    <>
      <PageHead title={t("places.messages")} />
      <Filters filters={FILTERS} />
      <List
        name="messages"
        label={t("places.messages")}
        query={useQuery(listMessages(api, search))}
        columns={useColumns()}
        file={() => messagesFile(api, search)}
        empty={t("messages.empty")}
      />
    </>
  );
}

function useColumns(): DataTableColumn<Message>[] {
  const { t } = useTexts();
  const said = useSaid();
  const readable = useWord();
  return [
    { accessor: "created_at", title: t("columns.created_at"), render: ({ created_at }) => <Moment at={created_at} /> },
    { accessor: "portal_id", title: t("columns.portal"), render: ({ portal_id }) => <PortalLink id={portal_id} /> },
    {
      accessor: "direction",
      title: t("columns.direction"),
      render: ({ direction }) => readable("direction", direction),
    },
    {
      accessor: "body",
      title: t("columns.body"),
      render: ({ body }) => (
        <Text size="sm" lineClamp={2} maw={420}>
          <BbText text={body} />
        </Text>
      ),
    },
    {
      accessor: "state",
      title: t("columns.state"),
      render: ({ state, reason }) => (
        <>
          <Word kind="message_state" word={state} />
          {reason && (
            <Text size="xs" c="dimmed">
              {said(reason)}
            </Text>
          )}
        </>
      ),
    },
    { accessor: "dialog_id", title: t("columns.dialog"), render: ({ dialog_id }) => <DialogLink id={dialog_id} /> },
    { accessor: "trace_id", title: t("columns.trace"), render: ({ trace_id }) => <TraceLink id={trace_id} /> },
  ];
}
