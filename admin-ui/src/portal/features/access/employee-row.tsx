import { Avatar, Box, Checkbox, Text } from "@mantine/core";
import { memo } from "react";
import { useTranslation } from "react-i18next";

import type { Employee } from "@/portal/api";
import classes from "@/portal/features/access/chooser.module.css";
import { useFullName } from "@/portal/features/access/people";

interface Props {
  id: string;
  employee: Employee;
  chosen: boolean;
}

/**
 * One employee in the list; the whole row is the target. An option of the combobox without its context, which changes
 * with every key: among thousands of rows only the one that was ticked is drawn again. The list takes the clicks.
 */
export const EmployeeRow = memo(function EmployeeRow({ id, employee, chosen }: Props) {
  const { t } = useTranslation();
  const name = useFullName()(employee);
  return (
    <Box
      id={id}
      role="option"
      aria-selected={chosen}
      className={classes.row ?? ""}
      data-combobox-option
      data-employee={employee.id}
    >
      <Checkbox.Indicator checked={chosen} aria-hidden />
      <Avatar name={name} color="azure" size={36} aria-hidden />
      <div className={classes.who}>
        <Text size="sm" fw={500} truncate>
          {name}
        </Text>
        <Text size="xs" c="dimmed" component="div" className={classes.aside ?? ""}>
          {employee.position && (
            <Text span inherit truncate>
              {employee.position}
            </Text>
          )}
          {employee.allowed && <span className={classes.access}>{t("people.has_access")}</span>}
        </Text>
      </div>
    </Box>
  );
});
