import { Group, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";

import { useTexts } from "@/console/texts";

interface Props {
  title: string;
  about?: string | undefined;
  aside?: ReactNode;
}

/** The title of a page, which the tab bears too, what it is about, and what can be done with all of it. */
export function PageHead({ title, about, aside }: Props) {
  const { t } = useTexts();
  useEffect(() => {
    document.title = `${title} · ${t("shell.product")}`;
  }, [title, t]);
  return (
    <Group justify="space-between" align="flex-start" mb="md">
      <Stack gap={2}>
        <Title order={1}>{title}</Title>
        {about && (
          <Text c="dimmed" size="sm" maw={760}>
            {about}
          </Text>
        )}
      </Stack>
      {aside}
    </Group>
  );
}
