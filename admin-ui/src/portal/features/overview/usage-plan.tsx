import { Alert, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Usage } from "@/portal/api";
import { AlertIcon } from "@/portal/components/icons";
import en from "@/portal/locales/en.json";

type Standing = keyof typeof en.usage.status;
const isStanding = (status: string): status is Standing => status in en.usage.status;
const TROUBLES = ["grace", "suspended", "canceled"] as const;

/** The plan and where it stands, and what to do where it is about to end or has. */
export function UsagePlan({ plan }: { plan: NonNullable<Usage["plan"]> }) {
  const { t, i18n } = useTranslation();
  const day = new Intl.DateTimeFormat(i18n.language, { day: "numeric", month: "long" });
  const trouble = TROUBLES.find((name) => name === plan.status);
  return (
    <>
      <Group justify="space-between" gap="xs">
        <Text size="sm" fw={500}>
          {t("usage.plan", { name: i18n.language === "ru" ? plan.name_ru : plan.name_en })}
        </Text>
        <Text size="sm" c="dimmed">
          {isStanding(plan.status) ? t(`usage.status.${plan.status}`) : plan.status}
          {plan.ends_at && ` · ${t("usage.until", { date: day.format(new Date(plan.ends_at)) })}`}
        </Text>
      </Group>
      {trouble && (
        <Alert color="orange" variant="light" icon={<AlertIcon />}>
          {t(`usage.todo.${trouble}`)}
        </Alert>
      )}
    </>
  );
}
