import { Group, Stack, Title } from "@mantine/core";
import type { ReactNode } from "react";

import classes from "@/console/components/layout.module.css";

/** A titled part of a page. */
export function Card({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.card} aria-label={title}>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2}>{title}</Title>
          {aside}
        </Group>
        {children}
      </Stack>
    </section>
  );
}
