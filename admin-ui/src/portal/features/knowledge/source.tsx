import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Location } from "@/portal/api";
import classes from "@/portal/features/knowledge/knowledge.module.css";

/** Where a passage stands: the file, the headings over it, the page. */
export function Source({ filename, location }: { filename?: string; location: Location }) {
  const { t } = useTranslation();
  const parts = [
    location.heading.join(" › "),
    location.page !== null && t("document.page", { page: location.page }),
  ].filter((part): part is string => Boolean(part));
  return (
    <Text size="sm" c="dimmed" component="div" className={classes.source ?? ""}>
      {filename && <span className={classes.filename}>{filename}</span>}
      {parts.map((part) => (
        <span key={part}>{part}</span>
      ))}
    </Text>
  );
}
