import { Group, Progress, Text } from "@mantine/core";

import { useTexts } from "@/console/texts";

const colorOf = (percent: number) => (percent >= 100 ? "red" : percent >= 80 ? "orange" : "azure");

/** How much of a limit is used: a bar and its number. */
export function Used({ percent, label, width = 90 }: { percent: number; label?: string; width?: number | string }) {
  const { t } = useTexts();
  return (
    <Group gap="xs" wrap="nowrap">
      <Progress
        value={Math.min(percent, 100)}
        color={colorOf(percent)}
        w={width}
        aria-label={label ?? t("billing.used")}
      />
      <Text size="sm">{t("billing.percent", { percent })}</Text>
    </Group>
  );
}
