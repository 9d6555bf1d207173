import { Alert, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { DataTableColumn } from "mantine-datatable";
import { useState } from "react";

import { type Filter, Filters } from "@/console/components/filters";
import { TraceLink } from "@/console/components/ids";
import { List } from "@/console/components/list";
import { Loaded } from "@/console/components/loaded";
import { Moment } from "@/console/components/moment";
import { PageHead } from "@/console/components/page-head";
import { useApi, useRole } from "@/console/context";
import { listSetAside, type SetAsideEvent, setAsideFile, spoolState } from "@/console/features/spool/queries";
import { RequeueButton } from "@/console/features/spool/requeue-button";
import { BrokenCard, StateCard } from "@/console/features/spool/state-card";
import { bytes } from "@/console/formats";
import { useSaid } from "@/console/said";
import { useFilters } from "@/console/search";
import { useTexts, useWord } from "@/console/texts";
import type { components } from "@/shared/schema";

type Requeued = components["schemas"]["Requeued"];

const FILTERS: Filter[] = [{ name: "trace_id" }];

/** The gateway's own queue: what waits in it, and what messaging refused for good. */
export function SpoolPage() {
  const { t } = useTexts();
  const api = useApi();
  const [search] = useFilters();
  const [taken, setTaken] = useState<Requeued>();
  const columns = useColumns(setTaken);
  return (
    <>
      <PageHead title={t("places.spool")} about={t("spool.about")} />
      <Stack>
        <Loaded query={useQuery(spoolState(api))}>
          {(state) => (
            <>
              <StateCard state={state} />
              <BrokenCard broken={state.broken} />
            </>
          )}
        </Loaded>
        <div>
          <Title order={2} mb={4}>
            {t("spool.set_aside_title")}
          </Title>
          <Text size="sm" c="dimmed" mb="sm">
            {t("spool.set_aside_what")}
          </Text>
          {taken && <Taken taken={taken} onClose={() => setTaken(undefined)} />}
          <Filters filters={FILTERS} />
          <List
            name="set-aside"
            label={t("spool.set_aside_title")}
            query={useQuery(listSetAside(api, search))}
            file={() => setAsideFile(api, search)}
            columns={columns}
            empty={t("spool.set_aside_empty")}
          />
        </div>
      </Stack>
    </>
  );
}

function Taken({ taken, onClose }: { taken: Requeued; onClose: () => void }) {
  const { t } = useTexts();
  const readable = useWord();
  return (
    <Alert
      color="teal"
      variant="light"
      mb="sm"
      role="status"
      withCloseButton
      closeButtonLabel={t("common.close")}
      onClose={onClose}
      title={t("spool.taken", { outcome: readable("outcome", taken.outcome) })}
    >
      <TraceLink id={taken.trace_id} />
    </Alert>
  );
}

function useColumns(onTaken: (taken: Requeued) => void): DataTableColumn<SetAsideEvent>[] {
  const { t, i18n } = useTexts();
  const said = useSaid();
  const { mayChange } = useRole();
  const columns: DataTableColumn<SetAsideEvent>[] = [
    { accessor: "created_at", title: t("spool.set_aside_at"), render: (row) => <Moment at={row.created_at} /> },
    { accessor: "received_at", title: t("columns.received_at"), render: (row) => <Moment at={row.received_at} /> },
    {
      accessor: "cause",
      title: t("columns.cause"),
      render: (row) => said(row.cause) ?? row.reason ?? t("common.none"),
    },
    { accessor: "remote_ip", title: t("columns.remote_ip") },
    { accessor: "content_type", title: t("columns.content_type") },
    { accessor: "size", title: t("columns.size"), render: (row) => bytes(row.size, i18n.language) },
    { accessor: "trace_id", title: t("columns.trace"), render: (row) => <TraceLink id={row.trace_id} /> },
  ];
  if (!mayChange) return columns;
  return [
    ...columns,
    {
      accessor: "actions",
      title: t("columns.actions"),
      render: (row) => <RequeueButton event={row} onTaken={onTaken} />,
    },
  ];
}
