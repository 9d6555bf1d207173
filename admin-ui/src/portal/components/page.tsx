import { Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";

import { Brand } from "@/portal/components/brand";
import classes from "@/portal/components/layout.module.css";

/** The frame of every page: the brand, then the content in one column of a readable width. */
export function Page({ children, domain, narrow }: { children: ReactNode; domain?: string; narrow?: boolean }) {
  return (
    <Stack className={`${classes.page} ${narrow ? classes.narrow : ""}`} gap="md">
      <Brand domain={domain} />
      <Stack component="main" gap="md">
        {children}
      </Stack>
    </Stack>
  );
}

interface CardProps {
  title: string;
  icon?: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
}

/** A titled part of a page. */
export function Card({ title, icon, aside, children }: CardProps) {
  return (
    <section className={classes.card} aria-label={title}>
      <Stack gap="md">
        <Text component="div" className={classes.cardHead}>
          {icon && (
            <ThemeIcon variant="light" size={36} radius="xl">
              {icon}
            </ThemeIcon>
          )}
          <Title order={2}>{title}</Title>
          {aside}
        </Text>
        {children}
      </Stack>
    </section>
  );
}

/** The title of what has just appeared; takes the focus, so that a screen reader says it. */
export function Announced({ children, order = 2 }: { children: ReactNode; order?: 1 | 2 }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <Title order={order} ref={heading} tabIndex={-1} className={classes.heading}>
      {children}
    </Title>
  );
}
