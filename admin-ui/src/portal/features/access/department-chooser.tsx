import { EmptyState } from "@mantine/core";
import { useCallback, useId, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { TreeIcon } from "@/portal/components/icons";
import { ProblemNotice } from "@/portal/components/problem-notice";
import { Chips } from "@/portal/features/access/chips";
import classes from "@/portal/features/access/chooser.module.css";
import { DepartmentRow } from "@/portal/features/access/department-row";
import { coversOf, matching, type Row, useDepartments } from "@/portal/features/access/departments";
import { Rows, WaitingRows } from "@/portal/features/access/rows";
import { Searched } from "@/portal/features/access/searched";
import { Problem } from "@/shared/problem";

const PAGE = 100; // drawn at once; the rest when the end of them comes into view
const NONE: Row[] = [];

interface Props {
  chosen: ReadonlySet<number>;
  onChange: (chosen: ReadonlySet<number>) => void;
}

/** Choose departments; what is within a chosen one is shown as included. */
export function DepartmentChooser({ chosen, onChange }: Props) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const query = typed.trim();
  const listId = useId();
  const departments = useDepartments();
  const rows = departments.data ?? NONE;
  const covers = useMemo(() => coversOf(rows, chosen), [rows, chosen]);
  const names = useMemo(() => new Map(rows.flatMap(({ id, name }) => (name ? [[id, name] as const] : []))), [rows]);
  const included = covers.size + [...chosen].filter((id) => !covers.has(id)).length;

  const toggle = (id: number) => {
    if (chosen.has(id)) onChange(new Set([...chosen].filter((other) => other !== id)));
    else onChange(new Set([...chosen, id]));
  };
  const chips = (
    <Chips
      ids={[...chosen]}
      nameOf={(id) => names.get(id) ?? t("departments.unknown", { id })}
      count={
        included > chosen.size
          ? t("departments.count_inner", { count: chosen.size, total: included })
          : t("departments.count", { count: chosen.size })
      }
      none={t("departments.chosen_none")}
      onRemove={toggle}
      onClear={() => onChange(new Set())}
    />
  );

  if (departments.isError && !departments.data) {
    return (
      <>
        <ProblemNotice
          problem={departments.error}
          {...(mayPass(departments.error) && { onRetry: () => void departments.refetch() })}
        />
        {chosen.size > 0 && chips}
      </>
    );
  }
  return (
    <Searched
      listId={listId}
      label={t("departments.search")}
      placeholder={t("departments.search_placeholder")}
      typed={typed}
      onType={setTyped}
      busy={departments.isFetching && !departments.isPending}
    >
      <div className={classes.sides}>
        {departments.isPending ? (
          <WaitingRows />
        ) : (
          <Found
            key={query}
            id={listId}
            rows={rows}
            query={query}
            chosen={chosen}
            covers={covers}
            onToggle={(id) => {
              if (!covers.has(id)) toggle(id);
            }}
          />
        )}
        {chips}
      </div>
    </Searched>
  );
}

const mayPass = (error: unknown) => !(error instanceof Problem) || error.passing;

interface FoundProps {
  id: string;
  rows: Row[];
  query: string;
  chosen: ReadonlySet<number>;
  covers: ReadonlyMap<number, Row>;
  onToggle: (id: number) => void;
}

/** The list: the tree, or what the search found of it. */
function Found({ id, rows, query, chosen, covers, onToggle }: FoundProps) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(PAGE);
  const more = useCallback(() => setShown((now) => now + PAGE), []);
  const found = useMemo(() => matching(rows, query), [rows, query]);
  if (!found.length) {
    return (
      <EmptyState
        size="sm"
        p="lg"
        className={classes.list ?? ""}
        icon={<TreeIcon size={28} />}
        title={t(query ? "departments.none_found" : "departments.none")}
        description={query ? t("departments.none_found_text", { query }) : t("departments.none_text")}
      />
    );
  }
  return (
    <div className={classes.shrinks}>
      <Rows
        id={id}
        of="department"
        label={t("departments.list")}
        onToggle={onToggle}
        hasMore={found.length > shown}
        onEnd={more}
      >
        {found.slice(0, shown).map((row) => (
          <DepartmentRow
            key={row.id}
            id={`${id}-${row.id}`}
            row={row}
            chosen={chosen.has(row.id)}
            cover={covers.get(row.id)}
            found={query !== ""}
          />
        ))}
      </Rows>
    </div>
  );
}
