import { Group, Stack, Text } from "@mantine/core";
import { DataTable } from "mantine-datatable";

import { Card } from "@/console/components/card";
import { Facts } from "@/console/components/facts";
import { Moment } from "@/console/components/moment";
import { Word } from "@/console/components/word";
import type { Detail } from "@/console/features/billing/portal/queries";
import { Used } from "@/console/features/billing/used";
import { count } from "@/console/formats";
import { money } from "@/console/money";
import { useTexts, useWord, useWordsOf } from "@/console/texts";

interface Props {
  detail: Detail;
}

/** What a portal is on, and until when. */
export function SubscriptionCard({ detail }: Props) {
  const { t, i18n } = useTexts();
  const readable = useWord();
  const { plan, marketplace } = detail;
  const name = i18n.language === "ru" ? plan.name_ru : plan.name_en;
  const price = money(plan.price_minor, plan.currency, i18n.language);
  const moment = (at: string | null) => at && <Moment at={at} />;
  return (
    <Card title={t("billing.subscription")} aside={<Word kind="subscription_status" word={detail.status} />}>
      <Facts
        facts={[
          [t("columns.plan"), t("billing.plan_version", { name, version: detail.plan_version })],
          [t("billing.price"), `${price} / ${readable("period", plan.period)}`],
          [t("billing.current_period"), <Between from={detail.period.from} to={detail.period.to} />],
          [t("billing.ends_at"), moment(detail.ends_at)],
          [t("billing.paid_until"), moment(detail.paid_until)],
          [t("billing.trial_ends_at"), moment(detail.trial_ends_at)],
          [t("billing.next_plan"), detail.next_plan_code && <NextPlan detail={detail} />],
          [
            t("billing.marketplace"),
            marketplace && (
              <Group gap="xs">
                {readable("marketplace", marketplace.status)}
                {marketplace.is_payment_expired && t("billing.payment_expired")}
              </Group>
            ),
          ],
          [t("billing.suspended_reason"), detail.suspended_reason],
          [t("billing.canceled_at"), moment(detail.canceled_at)],
          [t("billing.time_zone"), detail.time_zone],
        ]}
      />
    </Card>
  );
}

export function Between({ from, to }: { from: string; to: string }) {
  return (
    <Group gap={6}>
      <Moment at={from} />
      <span aria-hidden>{"–"}</span>
      <Moment at={to} />
    </Group>
  );
}

function NextPlan({ detail }: Props) {
  return (
    <Group gap={6}>
      {detail.next_plan_code}
      {detail.next_plan_at && <Moment at={detail.next_plan_at} />}
    </Group>
  );
}

/** How much of each limit is used. */
export function UsedNow({ detail: { limits } }: Props) {
  const { t } = useTexts();
  return (
    <Card title={t("billing.usage_now")}>
      <Lines limits={limits} />
      {limits.length === 0 && <Text c="dimmed">{t("billing.no_limits")}</Text>}
    </Card>
  );
}

export function Lines({ limits }: { limits: Detail["limits"] }) {
  const { t, i18n } = useTexts();
  const limitName = useWordsOf("limit");
  const number = (value: number) => count(value, i18n.language);
  return limits.map(({ name, used, limit }) => (
    <Stack key={name} gap={4}>
      <Group justify="space-between">
        <Text size="sm" fw={500}>
          {limitName(name)}
        </Text>
        <Text size="sm" c="dimmed">
          {limit === null
            ? t("billing.no_limit_of", { used: number(used) })
            : t("billing.of", { used: number(used), limit: number(limit) })}
        </Text>
      </Group>
      {limit !== null && (
        <Used percent={limit > 0 ? Math.floor((used / limit) * 100) : 100} label={limitName(name)} width="100%" />
      )}
    </Stack>
  ));
}

/** The limits that the portal has instead of its plan's. */
export function Overrides({ detail: { overrides } }: Props) {
  const { t, i18n } = useTexts();
  const limitName = useWordsOf("limit");
  return (
    <Card title={t("billing.overrides")}>
      <DataTable
        records={overrides}
        idAccessor="name"
        minHeight={overrides.length ? 0 : 120}
        noRecordsText={t("billing.no_overrides")}
        columns={[
          { accessor: "name", title: t("billing.limit"), render: ({ name }) => limitName(name) },
          { accessor: "value", title: t("billing.units"), render: ({ value }) => count(value, i18n.language) },
          { accessor: "reason", title: t("columns.reason") },
          {
            accessor: "expires_at",
            title: t("billing.expires"),
            render: ({ expires_at }) => <Moment at={expires_at} />,
          },
        ]}
      />
    </Card>
  );
}
