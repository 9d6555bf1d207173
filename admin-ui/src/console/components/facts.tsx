import { DataList } from "@mantine/core";
import type { ReactNode } from "react";

import classes from "@/console/components/layout.module.css";

/** What is known of one thing, by name; a fact without a value is left out. */
export function Facts({ facts }: { facts: [string, ReactNode][] }) {
  const known = facts.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return (
    <DataList orientation="horizontal" labelWidth="15rem">
      {known.map(([name, value]) => (
        <DataList.Item key={name}>
          <DataList.ItemLabel>{name}</DataList.ItemLabel>
          <DataList.ItemValue className={classes.breaks ?? ""}>{value}</DataList.ItemValue>
        </DataList.Item>
      ))}
    </DataList>
  );
}
