import { Box, Checkbox, Text, VisuallyHidden } from "@mantine/core";
import { memo } from "react";
import { useTranslation } from "react-i18next";

import classes from "@/portal/features/access/chooser.module.css";
import { pathOf, type Row } from "@/portal/features/access/departments";

interface Props {
  id: string;
  row: Row;
  chosen: boolean;
  /** The chosen department that this one is within: it is included, and has nothing to tick. */
  cover: Row | undefined;
  /** Out of its place in the tree: where it is has to be said. */
  found: boolean;
}

/** One department in the list, an option without the combobox's context like an employee's row. */
export const DepartmentRow = memo(function DepartmentRow({ id, row, chosen, cover, found }: Props) {
  const { t } = useTranslation();
  const { name, depth, parent } = row;
  return (
    <Box
      id={id}
      role="option"
      aria-selected={chosen || cover !== undefined}
      aria-disabled={cover !== undefined}
      className={`${classes.row ?? ""} ${classes.department ?? ""}`}
      data-combobox-option
      data-department={row.id}
      __vars={{ "--depth": found ? "0" : String(depth) }}
    >
      <Checkbox.Indicator checked={chosen || cover !== undefined} disabled={cover !== undefined} aria-hidden />
      <div className={classes.who}>
        <Text size="sm" fw={500} className={classes.whole ?? ""}>
          {name || t("departments.unknown", { id: row.id })}
        </Text>
        {cover && (
          <Text size="xs" c="dimmed" className={classes.whole ?? ""}>
            {t("departments.within", { name: cover.name })}
          </Text>
        )}
        {!cover && found && parent && (
          <Text size="xs" c="dimmed" className={classes.whole ?? ""}>
            {pathOf(row).join(" › ")}
          </Text>
        )}
        {!cover && !found && parent && <VisuallyHidden>{t("departments.below", { name: parent.name })}</VisuallyHidden>}
      </div>
    </Box>
  );
});
