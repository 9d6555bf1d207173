import { Avatar, Checkbox, Combobox, Text } from "@mantine/core";
import { memo } from "react";

import type { Employee } from "@/portal/api";
import classes from "@/portal/features/access/chooser.module.css";
import { useFullName } from "@/portal/features/access/people";

/** One employee in the list; the whole row is the target. */
export const EmployeeRow = memo(function EmployeeRow({ employee, chosen }: { employee: Employee; chosen: boolean }) {
  const name = useFullName()(employee);
  return (
    <Combobox.Option value={String(employee.id)} active={chosen} aria-selected={chosen} className={classes.row ?? ""}>
      <Checkbox.Indicator checked={chosen} aria-hidden />
      <Avatar name={name} color="azure" size={36} aria-hidden />
      <div className={classes.who}>
        <Text size="sm" fw={500} truncate>
          {name}
        </Text>
        {employee.position && (
          <Text size="xs" c="dimmed" truncate>
            {employee.position}
          </Text>
        )}
      </div>
    </Combobox.Option>
  );
});
