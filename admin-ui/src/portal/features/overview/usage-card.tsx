import { EmptyState, Group, Progress, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Limit, Usage } from "@/portal/api";
import { ChartIcon } from "@/portal/components/icons";
import { later } from "@/portal/components/later";
import { Card } from "@/portal/components/page";
import { ProblemNotice } from "@/portal/components/problem-notice";
import { useSurroundings } from "@/portal/context";
import { UsagePlan } from "@/portal/features/overview/usage-plan";
import en from "@/portal/locales/en.json";
import { told } from "@/portal/session";

const UsageDays = later("usage-days", 92, () =>
  import("@/portal/features/overview/usage-days").then((part) => part.UsageDays),
);

function useUsage() {
  const { api } = useSurroundings().session;
  return useQuery({ queryKey: ["usage"], queryFn: () => told(api.GET("/v1/portal/usage")) });
}

/** What the month has used up: of the portal for an administrator, of the person for an employee. */
export function UsageCard({ own = false }: { own?: boolean }) {
  const { t } = useTranslation();
  const usage = useUsage();
  return (
    <Card title={t(own ? "usage.title_own" : "usage.title")} icon={<ChartIcon />}>
      {usage.isPending && <Skeleton height={88} radius="md" aria-hidden />}
      {usage.isError && <ProblemNotice problem={usage.error} onRetry={() => void usage.refetch()} />}
      {usage.data && <Bars usage={usage.data} />}
    </Card>
  );
}

function Bars({ usage }: { usage: Usage }) {
  const { t, i18n } = useTranslation();
  const day = new Intl.DateTimeFormat(i18n.language, { day: "numeric", month: "long" });
  if (!usage.limits.length && !usage.plan) {
    return (
      <EmptyState size="sm" icon={<ChartIcon size={28} />} title={t("usage.none")} description={t("usage.none_text")} />
    );
  }
  const resets = usage.limits.find((limit) => limit.resets_at)?.resets_at;
  return (
    <Stack gap="md">
      {usage.plan && <UsagePlan plan={usage.plan} />}
      {usage.limits.map((limit) => (
        <Bar key={limit.name} limit={limit} />
      ))}
      {resets && (
        <Text size="sm" c="dimmed">
          {t("usage.resets", { date: day.format(new Date(resets)) })}
        </Text>
      )}
      {usage.days.some(({ replies }) => replies > 0) && <UsageDays days={usage.days} />}
    </Stack>
  );
}

type Named = keyof typeof en.usage.names;
const isNamed = (name: string): name is Named => name in en.usage.names;

function Bar({ limit }: { limit: Limit }) {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language);
  const name = isNamed(limit.name) ? t(`usage.names.${limit.name}`) : limit.name;
  const share = limit.limit === null ? 0 : limit.limit > 0 ? Math.min(100, (limit.used / limit.limit) * 100) : 100;
  const used = number.format(limit.used);
  return (
    <Stack gap={6}>
      <Group justify="space-between" gap="xs">
        <Text size="sm" fw={500}>
          {name}
        </Text>
        <Text size="sm" c="dimmed">
          {limit.limit === null
            ? t("usage.unlimited", { used })
            : t("usage.of", { used, limit: number.format(limit.limit) })}
        </Text>
      </Group>
      {limit.limit !== null && (
        <Progress value={share} color={share >= 100 ? "red" : share >= 80 ? "orange" : "azure"} aria-label={name} />
      )}
      {share >= 100 && (
        <Text size="sm" c="red">
          {t("usage.exhausted")}
        </Text>
      )}
    </Stack>
  );
}
