import { Alert, List, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { Card } from "@/console/components/card";
import { Facts } from "@/console/components/facts";
import { Id, PortalLink, TraceLink } from "@/console/components/ids";
import { Loaded } from "@/console/components/loaded";
import { Moment } from "@/console/components/moment";
import { PageHead } from "@/console/components/page-head";
import { Raw } from "@/console/components/raw";
import { Word } from "@/console/components/word";
import { useApi, useRole } from "@/console/context";
import { type InboundEventDetail, oneInbound } from "@/console/features/inbound/queries";
import { Replay } from "@/console/features/inbound/replay";
import { useSaid } from "@/console/said";
import { useId } from "@/console/search";
import { useTexts } from "@/console/texts";

/** One request in full, without secrets. */
export function EventPage() {
  const { t } = useTexts();
  const id = useId();
  return (
    <>
      <PageHead title={t("inbound.one")} about={id} />
      <Loaded query={useQuery(oneInbound(useApi(), id))} height={400}>
        {(event) => <Known event={event} />}
      </Loaded>
    </>
  );
}

function Known({ event }: { event: InboundEventDetail }) {
  const { t } = useTexts();
  const said = useSaid();
  const { mayChange } = useRole();
  return (
    <Stack>
      {event.hints.length > 0 && (
        <Alert color="orange" variant="light" title={t("inbound.hints")}>
          <List size="sm">
            {event.hints.map((hint) => (
              <List.Item key={hint}>{said(hint)}</List.Item>
            ))}
          </List>
        </Alert>
      )}
      <Card title={t("inbound.request")} aside={<Word kind="outcome" word={event.outcome} />}>
        <Facts
          facts={[
            [t("columns.reason"), event.reason],
            [t("columns.received_at"), <Moment at={event.received_at} />],
            [t("columns.event"), event.event],
            [t("columns.domain"), event.domain],
            [t("columns.portal"), event.portal_id && <PortalLink id={event.portal_id} />],
            [t("portal.member_id"), event.member_id && <Id id={event.member_id} />],
            [t("columns.user"), event.user_id],
            [t("columns.trace"), <TraceLink id={event.trace_id} />],
            [t("inbound.address"), `${event.method} ${event.path}`],
            [t("columns.remote_ip"), event.remote_ip],
            [t("columns.content_type"), event.content_type],
            [t("inbound.sha256"), <Id id={event.body_sha256} />],
          ]}
        />
      </Card>
      {mayChange && <Replay id={event.id} />}
      {event.parsed !== null && (
        <Card title={t("inbound.parsed")}>
          <Raw value={event.parsed} label={t("inbound.parsed")} />
        </Card>
      )}
      <Card title={event.body_truncated ? t("inbound.body_cut") : t("inbound.body")}>
        <Raw value={event.body} label={t("inbound.body")} />
      </Card>
      <Card title={t("inbound.headers")}>
        <Raw value={event.headers} label={t("inbound.headers")} />
      </Card>
    </Stack>
  );
}
