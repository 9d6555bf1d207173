import { Alert, Button, Group, List, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { Card } from "@/console/components/card";
import classes from "@/console/components/layout.module.css";
import { PageHead } from "@/console/components/page-head";
import { PortalLink } from "@/console/components/ids";
import { Word } from "@/console/components/word";
import { useApi, useRole } from "@/console/context";
import { deadLetters, hourAgo, lastHour, pace, portalTotals } from "@/console/features/overview/queries";
import { Tile } from "@/console/features/overview/tile";
import { listPortals } from "@/console/features/portals/queries";
import { spoolState } from "@/console/features/spool/queries";
import { HealthCard } from "@/console/features/system/health-card";
import { count, duration } from "@/console/formats";
import { useLive } from "@/console/live";
import { useSaid } from "@/console/said";
import { useTexts } from "@/console/texts";

const ACK_MS = 100;
const REPLY_MS = 10_000;

/** How everything is, in one look; every number leads to its list. */
export function OverviewPage() {
  useLive();
  const { t } = useTexts();
  return (
    <>
      <PageHead
        title={t("places.overview")}
        about={t("overview.about")}
        aside={
          <Button component={Link} to="/queues" variant="default" size="compact-sm">
            {t("overview.queues")}
          </Button>
        }
      />
      <Stack>
        <HealthCard />
        <Spool />
        <Quickness />
        <Numbers />
        <Failing />
      </Stack>
    </>
  );
}

/** What the gateway holds because it could not hand it on. */
function Spool() {
  const { t, i18n } = useTexts();
  const said = useSaid();
  const query = useQuery(spoolState(useApi()));
  const lost = query.data?.not_durable ?? 0;
  return (
    <>
      {lost > 0 && (
        <Alert
          color="red"
          variant="light"
          icon={<IconAlertTriangle />}
          role="alert"
          title={t("spool.not_durable", { count: lost })}
        >
          {said(query.data?.next_step) ?? t("overview.free_disk")}
        </Alert>
      )}
      <section className={classes.tiles} aria-label={t("overview.spool")}>
        <Tile
          title={t("overview.spool_depth")}
          query={query}
          number={(spool) => count(spool.depth, i18n.language)}
          about={(spool) => said(spool.cause) ?? <Word kind="spool_state" word={spool.state} />}
          isBad={(spool) => spool.state === "waiting"}
          to="/spool"
        />
        <Tile
          title={t("overview.spool_oldest")}
          query={query}
          number={(spool) => (spool.depth ? duration(spool.waiting_s, i18n.language) : t("common.none"))}
          to="/spool"
        />
        <Tile
          title={t("overview.spool_set_aside")}
          query={query}
          number={(spool) => count(spool.set_aside, i18n.language)}
          about={(spool) => (spool.set_aside ? t("overview.look_why") : "")}
          isBad={(spool) => spool.set_aside > 0}
          to="/spool"
        />
        <Tile
          title={t("overview.not_durable")}
          query={query}
          number={(spool) => count(spool.not_durable, i18n.language)}
          about={() => t("overview.since_start")}
          isBad={(spool) => spool.not_durable > 0}
          to="/spool"
        />
      </section>
    </>
  );
}

/** How quick the product was in the last hour; beyond what docs/slo.md allows it is bad. */
function Quickness() {
  const { t, i18n } = useTexts();
  const query = useQuery(pace(useApi()));
  const milliseconds = (value: number | null) =>
    value === null ? t("common.none") : t("overview.ms", { value: count(Math.round(value), i18n.language) });
  return (
    <section className={classes.tiles} aria-label={t("overview.quickness")}>
      <Tile
        title={t("overview.ack")}
        query={query}
        number={(found) => milliseconds(found.ack_p95_ms)}
        about={(found) => t("overview.of_acks", { count: found.acks })}
        isBad={(found) => (found.ack_p95_ms ?? 0) > ACK_MS}
        to="/inbound-events"
      />
      <Tile
        title={t("overview.reply")}
        query={query}
        number={(found) => milliseconds(found.reply_p95_ms)}
        about={(found) => t("overview.of_replies", { count: found.replies })}
        isBad={(found) => (found.reply_p95_ms ?? 0) > REPLY_MS}
        to="/outbox"
        search={{ state: "sent" }}
      />
      <Tile
        title={t("overview.portals_today")}
        query={query}
        number={(found) => count(found.portals_today, i18n.language)}
        about={() => t("overview.since_midnight")}
        to="/billing"
        search={{ tab: "activity" }}
      />
    </section>
  );
}

function Numbers() {
  const { t, i18n } = useTexts();
  const api = useApi();
  const { mayChange } = useRole();
  const since = hourAgo();
  const atLeast = ({ count: found, more }: { count: number; more: boolean }) =>
    `${count(found, i18n.language)}${more ? "+" : ""}`;
  const totals = useQuery(portalTotals(api));
  const dead = useQuery({ ...deadLetters(api), enabled: mayChange });
  return (
    <section className={classes.tiles} aria-label={t("overview.numbers")}>
      {mayChange && (
        <Tile
          title={t("overview.dead")}
          query={dead}
          number={(found) => count(found, i18n.language)}
          isBad={(found) => found > 0}
          to="/outbox"
          search={{ state: "dead" }}
        />
      )}
      <Tile
        title={t("overview.received")}
        query={useQuery(lastHour(api, { direction: "rx" }))}
        number={atLeast}
        about={() => t("overview.last_hour")}
        to="/messages"
        search={{ direction: "rx", since }}
      />
      <Tile
        title={t("overview.failed")}
        query={useQuery(lastHour(api, { state: "failed" }))}
        number={atLeast}
        about={() => t("overview.last_hour")}
        isBad={(found) => found.count > 0}
        to="/messages"
        search={{ state: "failed", since }}
      />
      <Tile
        title={t("overview.active")}
        query={totals}
        number={(found) => count(found?.by_status.active ?? 0, i18n.language)}
        about={(found) => t("overview.of_all", { all: count(found?.all ?? 0, i18n.language) })}
        to="/portals"
        search={{ status: "active" }}
      />
      <Tile
        title={t("overview.failing")}
        query={totals}
        number={(found) => count(found?.by_health.failing ?? 0, i18n.language)}
        isBad={(found) => Boolean(found?.by_health.failing)}
        to="/portals"
        search={{ health: "failing" }}
      />
    </section>
  );
}

/** The portals that fail, with why. */
function Failing() {
  const { t } = useTexts();
  const said = useSaid();
  const { data } = useQuery({ ...listPortals(useApi(), { health: "failing" }, 5), refetchInterval: 10_000 });
  if (!data?.items.length) return null;
  return (
    <Card title={t("overview.alerts")}>
      <List spacing="xs" listStyleType="none">
        {data.items.map((portal) => (
          <List.Item key={portal.id}>
            <Group gap="xs">
              <Word kind="health" word={portal.health} />
              <PortalLink id={portal.id} />
              <Text size="sm">{said(portal.health_cause)}</Text>
            </Group>
          </List.Item>
        ))}
      </List>
    </Card>
  );
}
