import { Button, Checkbox, Popover, Stack } from "@mantine/core";
import { IconColumns3 } from "@tabler/icons-react";
import type { DataTableColumn } from "mantine-datatable";

import { useHiddenColumns } from "@/console/preferences";
import { useTexts } from "@/console/texts";

interface Titled {
  accessor: string;
  title: string;
}

/** The columns of a list that are shown here, and the way to choose them. */
export function useColumnChoice<Row>(name: string, columns: DataTableColumn<Row>[]) {
  const [hidden, setHidden] = useHiddenColumns(name);
  const titled = columns
    .filter(({ hidden: isOut }) => !isOut)
    .flatMap(({ accessor, title }): Titled[] => {
      return typeof title === "string" ? [{ accessor: String(accessor), title }] : [];
    });
  const isHidden = (accessor: string) => hidden.includes(accessor);
  const shown = columns.filter(({ accessor }) => !isHidden(String(accessor)));
  const choice = (
    <ColumnChoice
      columns={titled}
      shown={titled.filter(({ accessor }) => !isHidden(accessor)).map(({ accessor }) => accessor)}
      onChange={(kept) => setHidden(titled.map(({ accessor }) => accessor).filter((one) => !kept.includes(one)))}
    />
  );
  return { shown: shown.some(({ hidden: isOut }) => !isOut) ? shown : columns, choice };
}

interface Props {
  columns: Titled[];
  shown: string[];
  onChange: (shown: string[]) => void;
}

function ColumnChoice({ columns, shown, onChange }: Props) {
  const { t } = useTexts();
  return (
    <Popover trapFocus returnFocus position="bottom-end" shadow="md" withinPortal={false}>
      <Popover.Target>
        <Button variant="default" size="compact-sm" leftSection={<IconColumns3 size={16} aria-hidden />}>
          {t("list.columns")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Checkbox.Group label={t("list.columns_shown")} value={shown} onChange={onChange}>
          <Stack gap="xs" mt="xs">
            {columns.map(({ accessor, title }) => (
              <Checkbox
                key={accessor}
                value={accessor}
                label={title}
                disabled={shown.length === 1 && shown.includes(accessor)}
              />
            ))}
          </Stack>
        </Checkbox.Group>
      </Popover.Dropdown>
    </Popover>
  );
}
