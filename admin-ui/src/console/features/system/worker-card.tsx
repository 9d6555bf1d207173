import { Alert, Code } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { DataTable } from "mantine-datatable";

import { Card } from "@/console/components/card";
import { Loaded } from "@/console/components/loaded";
import { Moment } from "@/console/components/moment";
import { Word } from "@/console/components/word";
import { useApi } from "@/console/context";
import { PlaceLink } from "@/console/features/system/place-link";
import { listWorkers } from "@/console/features/system/queries";
import { useSaid } from "@/console/said";
import { useTexts, useWord } from "@/console/texts";

/** What each worker is at; a number of a process leads to what it wrote. */
export function WorkerCard() {
  const { t } = useTexts();
  const readable = useWord();
  const said = useSaid();
  return (
    <Card title={t("system.workers")}>
      <Loaded query={useQuery(listWorkers(useApi()))}>
        {({ items, cause }) => (
          <>
            {cause && (
              <Alert color="orange" variant="light" role="status" title={said(cause)}>
                {t("system.no_heartbeats")}
              </Alert>
            )}
            <DataTable
              records={items}
              noRecordsText={t("system.no_workers")}
              minHeight={items.length ? 0 : 140}
              columns={[
                {
                  accessor: "name",
                  title: t("system.worker"),
                  render: ({ name }) => (
                    <PlaceLink place={{ to: "/logs", search: { stream: "worker", service: name } }}>
                      {readable("component", name)}
                    </PlaceLink>
                  ),
                },
                {
                  accessor: "state",
                  title: t("columns.state"),
                  render: ({ state }) => <Word kind="worker_state" word={state} />,
                },
                {
                  accessor: "current_job",
                  title: t("system.job"),
                  render: ({ current_job }) => (current_job ? <Code>{current_job}</Code> : t("common.none")),
                },
                { accessor: "since", title: t("system.since"), render: ({ since }) => <Moment at={since} /> },
                {
                  accessor: "heartbeat_at",
                  title: t("system.heartbeat"),
                  render: ({ heartbeat_at }) => <Moment at={heartbeat_at} />,
                },
                {
                  accessor: "started_at",
                  title: t("system.started"),
                  render: ({ started_at }) => <Moment at={started_at} />,
                },
                { accessor: "id", title: t("system.process"), render: ({ id }) => <Code>{id}</Code> },
              ]}
            />
          </>
        )}
      </Loaded>
    </Card>
  );
}
