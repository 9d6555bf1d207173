import { Group, Paper, Stack, Title } from "@mantine/core";
import type { ReactNode } from "react";

import { Appearance } from "@/console/components/appearance";
import classes from "@/console/components/layout.module.css";
import { Sign } from "@/shared/sign";

/** A page before the console: one card in the middle of it. */
export function Front({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className={classes.front}>
      <Paper withBorder p="xl" radius="lg" className={classes.frontCard ?? ""}>
        <Stack gap="lg">
          <Group justify="space-between">
            <Sign />
            <Appearance />
          </Group>
          <Title order={1}>{title}</Title>
          {children}
        </Stack>
      </Paper>
    </main>
  );
}
