import { Button, EmptyState } from "@mantine/core";
import { IconMapOff } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";

import { useTexts } from "@/console/texts";

/** An address that leads nowhere. */
export function NotFound() {
  const { t } = useTexts();
  return (
    <EmptyState
      variant="light"
      icon={<IconMapOff size={32} />}
      title={t("not_found.title")}
      description={t("not_found.text")}
    >
      <EmptyState.Actions>
        <Button component={Link} to="/" variant="light">
          {t("not_found.home")}
        </Button>
      </EmptyState.Actions>
    </EmptyState>
  );
}
