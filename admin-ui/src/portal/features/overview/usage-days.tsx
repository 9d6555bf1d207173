import { Group, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Usage } from "@/portal/api";
import classes from "@/portal/features/overview/usage-days.module.css";

const HEIGHT = 48;
const STEP = 10;

/** Replies of each day as bars, drawn by hand: a library of charts weighs as much as half of the app. */
export function UsageDays({ days }: { days: Usage["days"] }) {
  const { t, i18n } = useTranslation();
  const format = new Intl.DateTimeFormat(i18n.language, { day: "numeric", month: "short", timeZone: "UTC" });
  const sorted = [...days].sort((one, other) => one.day.localeCompare(other.day));
  const most = Math.max(1, ...sorted.map(({ replies }) => replies));
  const sum = sorted.reduce((all, { replies }) => all + replies, 0);
  const named = (day: string | undefined) => day && format.format(new Date(day));
  return (
    <Stack gap={4}>
      <Text size="sm" fw={500}>
        {t("usage.by_day")}
      </Text>
      <svg
        className={classes.chart}
        viewBox={`0 0 ${sorted.length * STEP} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t("usage.by_day_sum", { count: sum })}
      >
        {sorted.map(({ day, replies }, index) => {
          const height = replies && Math.max(2, (replies / most) * HEIGHT);
          return (
            <rect key={day} x={index * STEP + 1} y={HEIGHT - height} width={STEP - 2} height={height} rx={1}>
              <title>{`${named(day) ?? ""}: ${replies}`}</title>
            </rect>
          );
        })}
      </svg>
      <Group justify="space-between">
        <Text size="xs" c="dimmed">
          {named(sorted[0]?.day)}
        </Text>
        <Text size="xs" c="dimmed">
          {sorted.length > 1 && named(sorted.at(-1)?.day)}
        </Text>
      </Group>
    </Stack>
  );
}
