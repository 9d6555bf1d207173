import { Button, Group, List, Loader, Stack, Text, ThemeIcon } from "@mantine/core";
import type { UseMutationResult } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Finalized, Provision } from "@/portal/api";
import { CheckIcon, CrossIcon } from "@/portal/components/icons";
import { Announced } from "@/portal/components/page";
import { ProblemNotice } from "@/portal/components/problem-notice";
import { useSurroundings } from "@/portal/context";
import type { Chosen } from "@/portal/features/access/people";
import { ProvisionProgress, useProvision } from "@/portal/features/access/provision";

const GOOD_NEWS_MS = 1200; // long enough to be read
const STUCK_MS = 8000;

interface Props {
  finalize: Pick<UseMutationResult<Finalized>, "data" | "error" | "isPending" | "submittedAt">;
  people: Chosen;
  onRetry: () => void;
  onBack: () => void;
  onDone: () => void;
}

/** The last step: save, welcome, and only then tell Bitrix24 that the app is installed. */
export function FinishStep({ finalize, people, onRetry, onBack, onDone }: Props) {
  const { t } = useTranslation();
  const [leaving, setLeaving] = useState(false);
  const steps = finalize.isPending ? undefined : finalize.data?.steps;
  const polled = useProvision(steps?.provision.status === "running" ? finalize.submittedAt : null);
  const provision = steps && (polled.data ?? steps.provision);
  const hasBot = steps?.ensure_bot.status === "ok";
  const done = hasBot && provision?.status === "ok";
  const failed = finalize.error !== null || (steps !== undefined && !hasBot) || isFailed(provision);
  return (
    <Stack gap="md">
      <Announced>
        {t(done ? "install.finish.title_done" : failed ? "install.finish.title_failed" : "install.finish.title")}
      </Announced>
      {finalize.error ? (
        <ProblemNotice problem={finalize.error} onRetry={onRetry} retrying={finalize.isPending} />
      ) : (
        <List spacing="sm" center listStyleType="none">
          <Line state={steps?.allowlist.status}>{t("install.finish.allowlist")}</Line>
          <Line state={steps?.ensure_bot.status}>
            {steps && !hasBot
              ? t("install.finish.bot_failed", { code: steps.ensure_bot.error_code ?? "" })
              : t("install.finish.bot")}
          </Line>
          <Line state={provision?.status}>{t("install.finish.welcome")}</Line>
        </List>
      )}
      {provision && <ProvisionProgress provision={provision} people={people} />}
      {done || leaving ? (
        <Leave onDone={onDone} />
      ) : (
        <Group gap="sm">
          {failed && (
            <Button variant="default" onClick={onBack}>
              {t("common.back")}
            </Button>
          )}
          {failed && steps && <Button onClick={onRetry}>{t("install.finish.retry")}</Button>}
          {steps && (
            <Button variant="subtle" onClick={() => setLeaving(true)}>
              {t(failed ? "install.finish.anyway" : "install.finish.background")}
            </Button>
          )}
        </Group>
      )}
    </Stack>
  );
}

const isFailed = (provision: Provision | undefined) =>
  provision?.status === "partial_fail" || provision?.status === "error";

function Line({ state, children }: { state: Provision["status"] | undefined; children: ReactNode }) {
  const ok = state === "ok";
  const waiting = state === undefined || state === "running";
  const icon = waiting ? (
    <Loader size={24} />
  ) : (
    <ThemeIcon size={24} radius="xl" color={ok ? "teal" : "orange"} variant="light">
      {ok ? <CheckIcon size={16} /> : <CrossIcon size={16} />}
    </ThemeIcon>
  );
  return <List.Item icon={icon}>{children}</List.Item>;
}

/** Into the app. Bitrix24 loads the main page by itself; if it does not, there is a button. */
function Leave({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const { portal } = useSurroundings();
  const [stuck, setStuck] = useState(false);
  useEffect(() => {
    const leave = setTimeout(onDone, GOOD_NEWS_MS);
    const wait = setTimeout(() => setStuck(true), STUCK_MS);
    return () => {
      clearTimeout(leave);
      clearTimeout(wait);
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once: the platform must hear it one time
  }, []);
  if (stuck) {
    return (
      <Group>
        <Button onClick={() => portal.reload()}>{t("install.finish.open")}</Button>
      </Group>
    );
  }
  return (
    <Group gap="sm" role="status">
      <Loader size="xs" />
      <Text size="sm" c="dimmed">
        {t("install.finish.opening")}
      </Text>
    </Group>
  );
}
