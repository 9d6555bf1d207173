import { Alert, Button, Group, Skeleton, Stack, Text, ThemeIcon } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Status } from "@/portal/api";
import { AlertIcon, ChatIcon, CheckIcon, RefreshIcon } from "@/portal/components/icons";
import classes from "@/portal/components/layout.module.css";
import { ProblemNotice } from "@/portal/components/problem-notice";
import { botWorks, useSetup, useStatus, verdict } from "@/portal/features/overview/status";

/** Is the bot working, in plain words, and what to do if it is not. */
export function BotCard() {
  const status = useStatus();
  if (status.isPending) return <Skeleton height={104} radius="lg" aria-hidden />;
  if (status.isError && !status.data) {
    return <ProblemNotice problem={status.error} onRetry={() => void status.refetch()} />;
  }
  return <Verdict status={status.data} />;
}

const COLORS = { working: "teal", nobody: "azure", suspended: "orange", payment_required: "orange" } as const;

function Verdict({ status }: { status: Status }) {
  const { t } = useTranslation();
  const setup = useSetup();
  const found = verdict(status);
  const works = botWorks(status);
  const color = found in COLORS ? COLORS[found as keyof typeof COLORS] : "red";
  return (
    <section className={classes.card} aria-labelledby="verdict">
      <Stack gap="md">
        <div className={classes.verdict}>
          <ThemeIcon size={48} radius="xl" variant="light" color={color}>
            {works ? <ChatIcon size={26} /> : <AlertIcon size={26} />}
          </ThemeIcon>
          <div className={classes.shrinks}>
            <Text component="h1" id="verdict" className={classes.verdictTitle}>
              {t(`status.${found}`)}
            </Text>
            <Text c="dimmed">{t(`status.${found}_text`, { code: status.bot.error_code ?? status.bot.status })}</Text>
            {status.suspended_reason && found === "suspended" && (
              <Text>{t("status.suspended_reason", { reason: status.suspended_reason })}</Text>
            )}
            {works && status.bot.api === "v1" && (
              <Text size="sm" c="dimmed">
                {t("status.classic")}
              </Text>
            )}
          </div>
          {found !== "suspended" && (
            <Group className={classes.verdictAction}>
              <Button
                variant={works ? "subtle" : "filled"}
                size={works ? "sm" : "md"}
                leftSection={<RefreshIcon size={16} />}
                loading={setup.isPending}
                onClick={() => setup.mutate()}
              >
                {t(works ? "status.setup_quiet" : "status.setup")}
              </Button>
            </Group>
          )}
        </div>
        {setup.isError && <ProblemNotice problem={setup.error} onRetry={() => setup.mutate()} />}
        {setup.isSuccess && (
          <Alert color={works ? "teal" : "orange"} icon={works ? <CheckIcon /> : <AlertIcon />} role="status">
            {t(works ? "status.setup_done" : "status.setup_failed")}
          </Alert>
        )}
      </Stack>
    </section>
  );
}
