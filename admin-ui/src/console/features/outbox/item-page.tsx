import { Alert, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { DataTable } from "mantine-datatable";

import { Card } from "@/console/components/card";
import { Facts } from "@/console/components/facts";
import { DialogLink, Id, PortalLink, TraceLink } from "@/console/components/ids";
import { Loaded } from "@/console/components/loaded";
import { Moment } from "@/console/components/moment";
import { PageHead } from "@/console/components/page-head";
import { Word } from "@/console/components/word";
import { useApi, useRole } from "@/console/context";
import { oneItem, type OutboxItemDetail } from "@/console/features/outbox/queries";
import { RetryButton } from "@/console/features/outbox/retry-button";
import { useSaid } from "@/console/said";
import { useId } from "@/console/search";
import { useTexts } from "@/console/texts";

/** One reply on its way, with every request that was made for it. */
export function ItemPage() {
  const { t } = useTexts();
  const id = useId();
  return (
    <>
      <PageHead title={t("outbox.item")} about={id} />
      <Loaded query={useQuery(oneItem(useApi(), id))}>{(item) => <Item item={item} />}</Loaded>
    </>
  );
}

function Item({ item }: { item: OutboxItemDetail }) {
  const { t } = useTexts();
  const { mayChange } = useRole();
  const said = useSaid();
  const isDead = item.state === "dead";
  return (
    <Stack>
      {item.cause && (
        <Alert color={isDead ? "red" : "orange"} variant="light" title={said(item.cause)}>
          {said(item.next_step)}
        </Alert>
      )}
      <Card
        title={t("outbox.state")}
        aside={isDead && mayChange ? <RetryButton id={item.id} /> : <Word kind="outbox_state" word={item.state} />}
      >
        <Facts
          facts={[
            [t("columns.state"), <Word kind="outbox_state" word={item.state} />],
            [t("columns.portal"), <PortalLink id={item.portal_id} />],
            [t("columns.dialog"), <DialogLink id={item.dialog_id} text={item.provider_dialog_id} />],
            [t("columns.trace"), <TraceLink id={item.trace_id} />],
            [t("columns.created_at"), <Moment at={item.created_at} />],
            [t("columns.due_at"), isDead || item.sent_at ? null : <Moment at={item.due_at} />],
            [t("outbox.sent_at"), item.sent_at && <Moment at={item.sent_at} />],
            [t("outbox.part"), item.part],
            [t("outbox.provider_message_id"), item.provider_message_id],
            [t("outbox.uuid"), <Id id={item.uuid} />],
          ]}
        />
      </Card>
      <Card title={t("columns.attempts")}>
        <DataTable
          records={item.attempts_log}
          idAccessor="request_id"
          minHeight={item.attempts_log.length ? 0 : 120}
          noRecordsText={t("outbox.no_attempts")}
          columns={[
            { accessor: "at", title: t("outbox.at"), render: ({ at }) => <Moment at={at} /> },
            { accessor: "outcome", title: t("columns.outcome") },
            { accessor: "status", title: t("outbox.http") },
            { accessor: "code", title: t("outbox.code"), render: ({ code }) => code ?? t("common.none") },
            { accessor: "latency_ms", title: t("outbox.latency") },
            { accessor: "wait_ms", title: t("outbox.wait") },
          ]}
        />
      </Card>
    </Stack>
  );
}
