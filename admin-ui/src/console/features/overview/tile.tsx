import { Text } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import classes from "@/console/components/layout.module.css";
import type { Search } from "@/console/search";
import { useTexts } from "@/console/texts";

interface Props<Data> {
  title: string;
  query: UseQueryResult<Data>;
  number: (data: Data) => ReactNode;
  about?: (data: Data) => ReactNode;
  isBad?: (data: Data) => boolean;
  to: "/spool" | "/portals" | "/outbox" | "/messages" | "/inbound-events" | "/billing";
  search?: Search;
}

/** A number that leads to the list behind it. */
export function Tile<Data>({ title, query, number, about, isBad, to, search = {} }: Props<Data>) {
  const { t } = useTexts();
  const { data } = query;
  const known = data !== undefined;
  return (
    <Link to={to} search={search} className={classes.tile}>
      <Text size="sm" c="dimmed">
        {title}
      </Text>
      <Text component="div" fz="1.75rem" fw={650} lh={1.3} {...(known && isBad?.(data) && { c: "red" })}>
        {known ? number(data) : query.isError ? t("common.unknown") : "…"}
      </Text>
      <Text component="div" size="sm" c="dimmed">
        {known && about?.(data)}
      </Text>
    </Link>
  );
}
