import { Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { TraceLink } from "@/console/components/ids";
import { List } from "@/console/components/list";
import { Moment } from "@/console/components/moment";
import { useApi } from "@/console/context";
import { eventFile, listEvents } from "@/console/features/billing/portal/queries";
import { count } from "@/console/formats";
import { useFilters } from "@/console/search";
import { useTexts, useWord } from "@/console/texts";

/** What was counted, unit by unit, each with the message that it was for. */
export function Events({ portalId }: { portalId: string }) {
  const { t, i18n } = useTexts();
  const readable = useWord();
  const [search] = useFilters();
  const api = useApi();
  return (
    <>
      <Title order={2}>{t("billing.events")}</Title>
      <List
        name="usage-events"
        label={t("billing.events")}
        query={useQuery(listEvents(api, portalId, search))}
        file={() => eventFile(api, portalId, search)}
        empty={t("billing.no_events")}
        columns={[
          {
            accessor: "created_at",
            title: t("columns.created_at"),
            render: ({ created_at }) => <Moment at={created_at} />,
          },
          { accessor: "metric", title: t("billing.metric"), render: ({ metric }) => readable("limit", metric) },
          { accessor: "units", title: t("billing.units"), render: ({ units }) => count(units, i18n.language) },
          {
            accessor: "channel",
            title: t("billing.channel"),
            render: ({ channel }) => readable("usage_channel", channel),
          },
          {
            accessor: "trace_id",
            title: t("columns.trace"),
            render: ({ trace_id }) => (trace_id ? <TraceLink id={trace_id} /> : t("common.none")),
          },
        ]}
      />
    </>
  );
}
