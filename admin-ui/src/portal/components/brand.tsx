import { Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import classes from "@/portal/components/layout.module.css";
import { Sign } from "@/shared/sign";

/** The line at the top of every page: whose product, on which portal. */
export function Brand({ domain }: { domain?: string | undefined }) {
  const { t } = useTranslation();
  return (
    <Group component="header" gap="sm" wrap="nowrap">
      <Sign />
      <div className={classes.shrinks}>
        <Text fw={650} size="lg" lh={1.2}>
          {t("product")}
        </Text>
        {domain && (
          <Text size="sm" c="dimmed" truncate>
            {domain}
          </Text>
        )}
      </div>
    </Group>
  );
}
