import { Code, Stack, Text, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import type { DataTableColumn } from "mantine-datatable";
import { useState } from "react";

import { Facts } from "@/console/components/facts";
import { PortalLink, TraceLink } from "@/console/components/ids";
import classes from "@/console/components/layout.module.css";
import { List } from "@/console/components/list";
import { Moment } from "@/console/components/moment";
import { Raw } from "@/console/components/raw";
import { Word } from "@/console/components/word";
import type { LogLine } from "@/console/features/logs/queries";
import { useTexts } from "@/console/texts";

interface Page {
  items: LogLine[];
  next_cursor: string | null;
}

/** Lines of logs; one opens its fields. */
export function LineList({ query, file }: { query: UseQueryResult<Page>; file: () => Promise<Blob> }) {
  const { t } = useTexts();
  const [opened, setOpened] = useState<string[]>([]);
  const isOpen = ({ id }: LogLine) => opened.includes(id);
  return (
    <List
      name="logs"
      label={t("places.logs")}
      query={query}
      columns={useColumns(isOpen)}
      file={file}
      empty={t("logs.empty")}
      expansion={{
        allowMultiple: true,
        expanded: { recordIds: opened, onRecordIdsChange: (ids: unknown[]) => setOpened(ids.map(String)) },
        content: ({ record }) => <Detail line={record} />,
      }}
    />
  );
}

function useColumns(isOpen: (line: LogLine) => boolean): DataTableColumn<LogLine>[] {
  const { t } = useTexts();
  return [
    {
      accessor: "at",
      title: t("columns.at"),
      // No handler of its own: a click on it, or Enter, is a click on the row.
      render: (line) => (
        <UnstyledButton aria-expanded={isOpen(line)} className={classes.id ?? ""} fz="sm">
          {isOpen(line) ? <IconChevronDown size={14} aria-hidden /> : <IconChevronRight size={14} aria-hidden />}{" "}
          <Moment at={line.at} isPrecise />
        </UnstyledButton>
      ),
    },
    { accessor: "service", title: t("columns.service"), cellsClassName: classes.id ?? "" },
    {
      accessor: "level",
      title: t("columns.level"),
      render: ({ level }) => (level ? <Word kind="level" word={level} /> : t("common.none")),
    },
    {
      accessor: "event",
      title: t("columns.line"),
      width: "50%",
      render: ({ event, fields }) => (
        <Text component="div" size="sm" lineClamp={3} className={classes.said ?? ""}>
          {event}{" "}
          <Text span size="xs" c="dimmed" ff="monospace">
            {inShort(fields)}
          </Text>
        </Text>
      ),
    },
    {
      accessor: "portal_id",
      title: t("columns.portal"),
      render: ({ portal_id }) => <PortalLink id={portal_id} isUnnamed />,
    },
    {
      accessor: "trace_id",
      title: t("columns.trace"),
      render: ({ trace_id }) => (trace_id ? <TraceLink id={trace_id} /> : t("common.none")),
    },
  ];
}

/** Fields that are one word or number each. */
function inShort(fields: LogLine["fields"]): string {
  const plain = Object.entries(fields).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value));
  return plain.map(([name, value]) => `${name}=${String(value)}`).join(" ");
}

function Detail({ line }: { line: LogLine }) {
  const { t } = useTexts();
  return (
    <Stack gap="sm" p="md">
      <Code block className={classes.said ?? ""}>
        {line.event}
      </Code>
      <Facts
        facts={[
          [t("columns.trace"), line.trace_id && <TraceLink id={line.trace_id} isWhole />],
          [t("columns.portal"), line.portal_id && <PortalLink id={line.portal_id} isUnnamed />],
        ]}
      />
      {Object.keys(line.fields).length > 0 && <Raw value={line.fields} label={t("logs.details")} />}
    </Stack>
  );
}
