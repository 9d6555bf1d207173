import { Alert, Button, Progress, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Person, Provision } from "@/portal/api";
import { AlertIcon } from "@/portal/components/icons";
import { useSurroundings } from "@/portal/context";
import { type Chosen, useFullName, useNames } from "@/portal/features/access/people";
import { told } from "@/portal/session";

const POLL_MS = 1500;
const NAMED = 10;

/** How far the welcome messages of a `round` (null: none yet) are: asked again and again while they are going out. */
export function useProvision(round: number | null) {
  const { api } = useSurroundings().session;
  return useQuery({
    queryKey: ["provision", round],
    queryFn: () => told(api.POST("/v1/portal/chats/provision")),
    enabled: round !== null,
    gcTime: 0,
    refetchInterval: ({ state }) => (!state.data || state.data.status === "running" ? POLL_MS : false),
  });
}

interface Props {
  provision: Provision;
  people: Chosen;
  onRetry?: () => void;
}

/** The welcomes as a bar, then as a sentence; whoever was not reached is named. */
export function ProvisionProgress({ provision, people, onRetry }: Props) {
  const { t } = useTranslation();
  const { total, ok, failed, status } = provision;
  const share = total ? Math.round(((ok + failed.length) / total) * 100) : 100;
  return (
    <Stack gap="xs">
      <Text size="sm" role="status">
        {status === "running" ? t("provision.running", { ok, total }) : t("provision.done", { count: ok })}
      </Text>
      {status === "running" && <Progress value={share} animated aria-label={t("provision.running", { ok, total })} />}
      {failed.length > 0 && <Failed key={failed.join()} ids={failed} people={people} onRetry={onRetry} />}
    </Stack>
  );
}

const unknown = (id: number): Person => ({ id, name: "", last_name: "", position: "" });

function Failed({ ids, people, onRetry }: { ids: number[]; people: Chosen; onRetry: (() => void) | undefined }) {
  const { t } = useTranslation();
  const fullName = useFullName();
  const failed = new Map(ids.slice(0, NAMED).map((id) => [id, people.get(id) ?? unknown(id)]));
  const names = useNames(failed);
  const shown = [...failed.values()].map((person) => fullName(person.name ? person : (names.get(person.id) ?? person)));
  if (ids.length > NAMED) shown.push(t("provision.more", { count: ids.length - NAMED }));
  return (
    <Alert color="orange" variant="light" icon={<AlertIcon />} title={t("provision.failed", { count: ids.length })}>
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{shown.join(", ")}</Text>
        <Text size="sm">{t("provision.hint")}</Text>
        {onRetry && (
          <Button size="sm" variant="default" onClick={onRetry}>
            {t("install.finish.retry")}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
