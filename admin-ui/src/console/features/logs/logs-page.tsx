import { Button, Group, Tabs, Text } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { type Filter, Filters } from "@/console/components/filters";
import { PageHead } from "@/console/components/page-head";
import { useApi } from "@/console/context";
import { LineList } from "@/console/features/logs/line-list";
import { lineFile, listLines, type Stream, STREAMS } from "@/console/features/logs/queries";
import { useFilters } from "@/console/search";
import { useTexts } from "@/console/texts";

const LEVELS = ["debug", "info", "warning", "error", "critical"] as const;
const SERVICES: Record<Stream, readonly string[]> = {
  backend: ["gateway", "portal", "messaging", "delivery", "billing"],
  worker: ["portal-worker", "messaging-worker", "knowledge-worker", "delivery-worker", "billing-worker"],
  nginx: [],
};
const FILTERS: Filter[] = [{ name: "trace_id" }, { name: "portal_id" }, { name: "q" }];

const filtersOf = (stream: Stream): Filter[] =>
  SERVICES[stream].length
    ? [
        { name: "level", kind: "level", words: LEVELS },
        { name: "service", kind: "service", words: SERVICES[stream] },
        ...FILTERS,
      ]
    : FILTERS;

/** What the processes write, as they write it. */
export function LogsPage() {
  const { t } = useTexts();
  const [search, change] = useFilters();
  const stream = STREAMS.find((name) => name === search.stream) ?? "backend";
  return (
    <>
      <PageHead title={t("places.logs")} about={t("logs.about")} />
      <Tabs
        value={stream}
        onChange={(chosen) => change({ stream: chosen ?? undefined, service: undefined, level: undefined })}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          {STREAMS.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {t(`logs.streams.${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={stream}>
          <Filters filters={filtersOf(stream)} />
          <Lines key={stream} stream={stream} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

function Lines({ stream }: { stream: Stream }) {
  const [search] = useFilters();
  const [isPaused, setPaused] = useState(false);
  const isFollowable = !search.cursor && !search.until;
  const api = useApi();
  const query = useQuery(listLines(api, stream, search, isFollowable && !isPaused));
  return (
    <>
      <Following isFollowable={isFollowable} isPaused={isPaused} onPause={setPaused} />
      <LineList query={query} file={() => lineFile(api, stream, search)} />
    </>
  );
}

interface Tail {
  isFollowable: boolean;
  isPaused: boolean;
  onPause: (isPaused: boolean) => void;
}

function Following({ isFollowable, isPaused, onPause }: Tail) {
  const { t } = useTexts();
  const state = isPaused ? t("logs.paused") : t("logs.following");
  return (
    <Group gap="xs" mb="sm">
      {isFollowable && (
        <Button
          variant="default"
          size="compact-sm"
          leftSection={isPaused ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
          onClick={() => onPause(!isPaused)}
        >
          {isPaused ? t("logs.follow") : t("logs.pause")}
        </Button>
      )}
      <Text size="sm" c="dimmed" role="status">
        {isFollowable ? state : t("logs.earlier")}
      </Text>
    </Group>
  );
}
