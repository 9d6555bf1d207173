import { Alert } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { DataTable } from "mantine-datatable";
import type { ReactNode } from "react";

import { Card } from "@/console/components/card";
import { Loaded } from "@/console/components/loaded";
import { useApi } from "@/console/context";
import { type Place, PlaceLink } from "@/console/features/system/place-link";
import { listQueues, type Queue } from "@/console/features/system/queries";
import { count, duration } from "@/console/formats";
import { useTexts, useWord, useWordsOf } from "@/console/texts";

type Counted = "depth" | "rate_per_min" | "failures_per_hour" | "dead";

const READER = { stream: "worker", service: "knowledge-worker" };
const LISTS: Record<string, Partial<Record<Counted, Place>>> = {
  spool: { depth: { to: "/spool" } },
  messaging: {
    depth: { to: "/messages", search: { state: "pending" } },
    rate_per_min: { to: "/messages", search: { state: "answered" } },
    failures_per_hour: { to: "/messages", search: { state: "failed" } },
    dead: { to: "/messages", search: { state: "failed" } },
  },
  knowledge: {
    depth: { to: "/logs", search: READER },
    rate_per_min: { to: "/logs", search: READER },
    failures_per_hour: { to: "/logs", search: { ...READER, level: "warning" } },
  },
  delivery: {
    depth: { to: "/outbox", search: { state: "created" } },
    rate_per_min: { to: "/outbox", search: { state: "sent" } },
    failures_per_hour: { to: "/outbox", search: { state: "retry" } },
    dead: { to: "/outbox", search: { state: "dead" } },
  },
};

/** What waits in each queue, as its rows say. */
export function QueueCard() {
  const { t, i18n } = useTexts();
  const readable = useWord();
  const contexts = useWordsOf("component");
  const number = (value: number | null) => (value === null ? null : count(value, i18n.language));
  const linked = (queue: Queue, name: Counted, shown: ReactNode) =>
    shown === null ? t("common.none") : <PlaceLink place={LISTS[queue.queue]?.[name]}>{shown}</PlaceLink>;
  return (
    <Card title={t("system.queues")}>
      <Loaded query={useQuery(listQueues(useApi()))}>
        {({ items, missing }) => (
          <>
            {missing.length > 0 && (
              <Alert color="orange" variant="light" role="status">
                {t("system.missing", { names: missing.map(contexts).join(", ") })}
              </Alert>
            )}
            <DataTable
              records={items}
              idAccessor="queue"
              noRecordsText={t("system.no_queues")}
              columns={[
                { accessor: "queue", title: t("system.queue"), render: ({ queue }) => readable("queue", queue) },
                {
                  accessor: "depth",
                  title: t("system.depth"),
                  render: (one) => linked(one, "depth", number(one.depth)),
                },
                {
                  accessor: "oldest_age_s",
                  title: t("system.oldest"),
                  render: (one) =>
                    one.depth ? linked(one, "depth", duration(one.oldest_age_s, i18n.language)) : t("common.none"),
                },
                {
                  accessor: "rate_per_min",
                  title: t("system.rate"),
                  render: (one) => linked(one, "rate_per_min", number(one.rate_per_min)),
                },
                {
                  accessor: "failures_per_hour",
                  title: t("system.failures"),
                  render: (one) => linked(one, "failures_per_hour", number(one.failures_per_hour)),
                },
                {
                  accessor: "dead",
                  title: t("system.dead"),
                  render: (one) => linked(one, "dead", number(one.dead)),
                },
                {
                  accessor: "held_portals",
                  title: t("system.held"),
                  render: ({ held_portals }) => number(held_portals) ?? t("common.none"),
                },
              ]}
            />
          </>
        )}
      </Loaded>
    </Card>
  );
}
