import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** How many are chosen; a screen reader hears it change. */
export function ChosenCount({ count }: { count: number }) {
  const { t } = useTranslation();
  return (
    <Text size="sm" c="dimmed" role="status">
      {t("people.count", { count })}
    </Text>
  );
}
