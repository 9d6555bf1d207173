import { Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { DataTable } from "mantine-datatable";
import { useState } from "react";

import { Card } from "@/console/components/card";
import { Confirmed } from "@/console/components/confirm";
import { PortalLink } from "@/console/components/ids";
import { Loaded } from "@/console/components/loaded";
import { Moment } from "@/console/components/moment";
import { Word } from "@/console/components/word";
import { useApi, useRole } from "@/console/context";
import {
  listPauses,
  PAUSABLE,
  type Pausable,
  type Pause,
  pauseQueue,
  resumeQueue,
} from "@/console/features/system/queries";
import { useTexts, useWordsOf } from "@/console/texts";

interface Part {
  portalId: string;
  queue: Pausable;
}

function usePauseChange(change: () => Promise<unknown>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["system"] }),
  });
}

function PauseButton({ portalId, queue }: Part) {
  const { t } = useTexts();
  const api = useApi();
  const [reason, setReason] = useState("");
  const action = usePauseChange(() => pauseQueue(api, portalId, queue, reason.trim()));
  return (
    <Confirmed
      label={t("system.pause")}
      title={t("system.pause_title", { name: useWordsOf("queue")(queue) })}
      action={action}
      danger
      ready={Boolean(reason.trim())}
      onOpen={() => setReason("")}
    >
      <Text size="sm">{t("system.pause_what")}</Text>
      <TextInput
        label={t("columns.reason")}
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </Confirmed>
  );
}

function ResumeButton({ portalId, queue }: Part) {
  const { t } = useTexts();
  const api = useApi();
  const action = usePauseChange(() => resumeQueue(api, portalId, queue));
  return (
    <Confirmed
      label={t("system.resume")}
      title={t("system.resume_title", { name: useWordsOf("queue")(queue) })}
      action={action}
    >
      <Text size="sm">{t("system.resume_what")}</Text>
    </Confirmed>
  );
}

const isPausable = (name: string): name is Pausable => PAUSABLE.some((one) => one === name);

/** What rests, of all portals; nothing where everything goes on. */
export function PausesCard() {
  const { t } = useTexts();
  const queueName = useWordsOf("queue");
  const { mayChange } = useRole();
  return (
    <Card title={t("system.pauses")}>
      <Loaded query={useQuery(listPauses(useApi()))}>
        {({ items }) => (
          <DataTable
            records={items.map((pause) => ({ ...pause, id: pause.portal_id + pause.queue }))}
            minHeight={items.length ? 0 : 120}
            noRecordsText={t("system.no_pauses")}
            columns={[
              {
                accessor: "portal_id",
                title: t("columns.portal"),
                render: ({ portal_id }) => <PortalLink id={portal_id} />,
              },
              { accessor: "queue", title: t("system.queue"), render: ({ queue }) => queueName(queue) },
              { accessor: "reason", title: t("columns.reason") },
              { accessor: "paused_by", title: t("system.paused_by") },
              {
                accessor: "paused_at",
                title: t("system.paused_at"),
                render: ({ paused_at }) => <Moment at={paused_at} />,
              },
              {
                accessor: "resume",
                title: "",
                hidden: !mayChange,
                render: ({ portal_id, queue }) =>
                  isPausable(queue) && <ResumeButton portalId={portal_id} queue={queue} />,
              },
            ]}
          />
        )}
      </Loaded>
    </Card>
  );
}

/** The queues of one portal: which goes on, which rests and why. */
export function PortalQueues({ portalId }: { portalId: string }) {
  const { t } = useTexts();
  return (
    <Card title={t("system.queues")}>
      <Loaded query={useQuery(listPauses(useApi(), portalId))}>
        {({ items }) =>
          PAUSABLE.map((queue) => (
            <OfQueue
              key={queue}
              portalId={portalId}
              queue={queue}
              pause={items.find((pause) => pause.queue === queue)}
            />
          ))
        }
      </Loaded>
    </Card>
  );
}

function OfQueue({ portalId, queue, pause }: Part & { pause: Pause | undefined }) {
  const { t } = useTexts();
  const queueName = useWordsOf("queue");
  const { mayChange } = useRole();
  const Button = pause ? ResumeButton : PauseButton;
  return (
    <Group justify="space-between" role="group" aria-label={queueName(queue)}>
      <Stack gap={2}>
        <Group gap="xs">
          <Text size="sm" fw={500}>
            {queueName(queue)}
          </Text>
          <Word kind="queue_state" word={pause ? "paused" : "running"} />
        </Group>
        {pause && (
          <Text size="sm" c="dimmed">
            {t("system.paused_why", { reason: pause.reason, who: pause.paused_by })} <Moment at={pause.paused_at} />
          </Text>
        )}
      </Stack>
      {mayChange && <Button portalId={portalId} queue={queue} />}
    </Group>
  );
}
