import { Alert, Group, Stack, Text } from "@mantine/core";

import { Card } from "@/console/components/card";
import { Facts } from "@/console/components/facts";
import { Id } from "@/console/components/ids";
import { Moment } from "@/console/components/moment";
import { Word } from "@/console/components/word";
import type { Portal } from "@/console/features/portals/queries";
import { PortalQueues } from "@/console/features/system/pauses";
import { count } from "@/console/formats";
import { useSaid } from "@/console/said";
import { useTexts, useWord } from "@/console/texts";

/** What a portal is and what is wrong with it. */
export function OverviewTab({ portal }: { portal: Portal }) {
  const { t } = useTexts();
  return (
    <Stack>
      {portal.suspended_reason && (
        <Alert color="orange" variant="light" title={t("portal.suspended")}>
          {portal.suspended_reason}
        </Alert>
      )}
      {portal.alerts.length > 0 && <Alerts alerts={portal.alerts} />}
      <About portal={portal} />
      <BotAndAccess portal={portal} />
      <PortalQueues portalId={portal.id} />
    </Stack>
  );
}

function Alerts({ alerts }: { alerts: Portal["alerts"] }) {
  const { t } = useTexts();
  const said = useSaid();
  return (
    <Card title={t("portal.alerts")}>
      {alerts.map((alert) => (
        <Group key={alert.name} gap="xs" align="flex-start">
          <Word kind="health" word={alert.severity} />
          <Stack gap={0}>
            <Text size="sm">{said(alert.cause)}</Text>
            {alert.since && (
              <Text size="xs" c="dimmed">
                <Moment at={alert.since} />
              </Text>
            )}
          </Stack>
        </Group>
      ))}
    </Card>
  );
}

function About({ portal }: { portal: Portal }) {
  const { t } = useTexts();
  return (
    <Card title={t("portal.about")}>
      <Facts
        facts={[
          [t("columns.domain"), portal.domain],
          [t("portal.id"), <Id id={portal.id} />],
          [t("portal.member_id"), <Id id={portal.member_id} />],
          [t("columns.plan"), portal.plan],
          [t("portal.installed_at"), <Moment at={portal.installed_at} />],
          [t("columns.alive"), <Moment at={portal.last_proven_alive_at} />],
          [t("portal.language"), portal.settings.language],
          [t("portal.event_mode"), portal.settings.event_mode],
        ]}
      />
    </Card>
  );
}

function BotAndAccess({ portal: { bot, access } }: { portal: Portal }) {
  const { t, i18n } = useTexts();
  const readable = useWord();
  return (
    <Card title={t("portal.bot")} aside={<Word kind="bot" word={bot.status} />}>
      <Facts
        facts={[
          [t("portal.bot_id"), bot.id],
          [t("portal.bot_error"), bot.error_code],
          [t("portal.bot_api"), bot.api],
          [t("portal.delivery"), readable("delivery", bot.delivery)],
          [t("portal.access"), readable("access", access.mode)],
          [t("portal.access_users"), access.user_ids.length ? count(access.user_ids.length, i18n.language) : null],
          [t("portal.access_departments"), access.department_ids.join(", ")],
        ]}
      />
    </Card>
  );
}
