import { Button, Group, Text } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { DataTable, type DataTableColumn, type DataTableRowExpansionProps } from "mantine-datatable";

import { useColumnChoice } from "@/console/components/column-choice";
import { ExportButton } from "@/console/components/export-button";
import classes from "@/console/components/layout.module.css";
import { ProblemNotice } from "@/console/components/problem-notice";
import { useFilters } from "@/console/search";
import { useTexts } from "@/console/texts";

interface Page<Row> {
  items: Row[];
  next_cursor: string | null;
}

interface Props<Row> {
  /** By which the browser remembers its columns, and a file of it is called. */
  name: string;
  label: string;
  query: UseQueryResult<Page<Row>>;
  columns: DataTableColumn<Row>[];
  /** What to say where there is nothing. */
  empty: string;
  /** What a row opens. */
  expansion?: DataTableRowExpansionProps<Row>;
  /** All that the filters find. */
  file?: () => Promise<Blob>;
}

/** A page of a list of the API; the address holds where it begins. */
export function List<Row extends { id: string | number }>({
  name,
  label,
  query,
  columns,
  empty,
  expansion,
  file,
}: Props<Row>) {
  const { t } = useTexts();
  const [search, setFilters] = useFilters();
  const { shown, choice } = useColumnChoice(name, columns);
  if (query.isError) return <ProblemNotice problem={query.error} onRetry={() => void query.refetch()} />;
  const next = query.data?.next_cursor;
  return (
    <section className={classes.list} aria-label={label}>
      <Group justify="flex-end" gap="xs" mb="xs" align="flex-start">
        {choice}
        {file && <ExportButton name={`${name}.csv`} file={file} />}
      </Group>
      <DataTable
        records={query.data?.items ?? []}
        columns={shown}
        fetching={query.isPending || query.isPlaceholderData}
        noRecordsText={empty}
        {...(expansion && { rowExpansion: expansion })}
        minHeight={query.data?.items.length ? 0 : 180}
        verticalSpacing="xs"
        verticalAlign="top"
        borderRadius="lg"
        withTableBorder
      />
      <Group justify="space-between" mt="sm">
        <Text size="sm" c="dimmed" role="status">
          {query.data ? t("list.shown", { count: query.data.items.length }) : t("common.loading")}
        </Text>
        <Group gap="xs">
          {search.cursor && (
            <Button variant="default" size="compact-sm" onClick={() => setFilters({})}>
              {t("list.first")}
            </Button>
          )}
          {next && (
            <Button variant="default" size="compact-sm" onClick={() => setFilters({ cursor: next })}>
              {t("list.next")}
            </Button>
          )}
        </Group>
      </Group>
    </section>
  );
}
