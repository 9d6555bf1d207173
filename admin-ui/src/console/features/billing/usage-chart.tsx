import "@mantine/charts/styles.layer.css";

import { BarChart } from "@mantine/charts";

import type { UsageSum } from "@/console/features/billing/queries";
import { count } from "@/console/formats";
import { useTexts } from "@/console/texts";

/** Replies of each day; a file of its own, because the library of charts is large. */
export function UsageChart({ days }: { days: UsageSum[] }) {
  const { t, i18n } = useTexts();
  const format = new Intl.DateTimeFormat(i18n.language, { day: "numeric", month: "short", timeZone: "UTC" });
  const data = [...days]
    .sort((one, other) => one.key.localeCompare(other.key))
    .map(({ key, replies }) => ({ day: format.format(new Date(key)), replies }));
  return (
    <BarChart
      h={260}
      data={data}
      dataKey="day"
      series={[{ name: "replies", label: t("billing.replies"), color: "azure.7" }]}
      valueFormatter={(value) => count(value, i18n.language)}
      barChartProps={{ accessibilityLayer: false }}
      maxBarWidth={40}
      role="img"
      aria-label={t("billing.by_day")}
    />
  );
}
