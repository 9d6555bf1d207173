import { Code } from "@mantine/core";

import classes from "@/console/components/layout.module.css";

/** A value as the API gives it. */
export function Raw({ value, label }: { value: unknown; label: string }) {
  return (
    <Code block className={classes.raw ?? ""} tabIndex={0} role="region" aria-label={label}>
      {typeof value === "string" ? value : JSON.stringify(value, null, 2)}
    </Code>
  );
}
