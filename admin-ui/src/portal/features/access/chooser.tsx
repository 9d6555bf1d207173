import { Button, EmptyState, Group } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Employee, Person } from "@/portal/api";
import { PeopleIcon } from "@/portal/components/icons";
import { ProblemNotice } from "@/portal/components/problem-notice";
import { useSurroundings } from "@/portal/context";
import { Chips } from "@/portal/features/access/chips";
import classes from "@/portal/features/access/chooser.module.css";
import { EmployeeRow } from "@/portal/features/access/employee-row";
import { type Chosen, everyone, useEmployees, useFullName, useNames } from "@/portal/features/access/people";
import { Rows, WaitingRows } from "@/portal/features/access/rows";
import { Searched } from "@/portal/features/access/searched";

const TYPING_MS = 250;

interface Props {
  chosen: Chosen;
  onChange: (chosen: Chosen) => void;
}

/** Choose employees: from the searched list, all found at once, or in the portal's own dialog. */
export function EmployeeChooser({ chosen, onChange }: Props) {
  const { t } = useTranslation();
  const { portal, session } = useSurroundings();
  const [typed, setTyped] = useState("");
  const [query] = useDebouncedValue(typed.trim(), TYPING_MS);
  const [counted, setCounted] = useState(0);
  const listId = useId();
  const employees = useEmployees(query);
  const found = employees.data?.pages.flatMap((page) => page.items) ?? [];

  const add = (people: Person[]) =>
    onChange(new Map([...chosen, ...people.map((person) => [person.id, person] as const)]));
  const toggle = (id: number) => {
    const person = found.find((employee) => employee.id === id);
    if (chosen.has(id)) onChange(new Map([...chosen].filter(([other]) => other !== id)));
    else if (person) add([person]);
  };
  const all = useMutation({ mutationFn: () => everyone(session.api, query, setCounted), onSuccess: add });
  const pick = useMutation({
    mutationFn: () => portal.selectUsers(),
    onSuccess: (people) => add(people.map((person) => chosen.get(person.id) ?? { ...person, last_name: "" })),
  });

  return (
    <Searched
      listId={listId}
      label={t("people.search")}
      placeholder={t("people.search_placeholder")}
      typed={typed}
      onType={setTyped}
      busy={employees.isFetching && !employees.isPending}
    >
      <Group gap="xs">
        <Button size="xs" variant="light" onClick={() => all.mutate()} disabled={!found.length || all.isPending}>
          {all.isPending
            ? t("people.adding", { count: counted })
            : t(query ? "people.add_found_query" : "people.add_found")}
        </Button>
        <Button size="xs" variant="default" leftSection={<PeopleIcon size={16} />} onClick={() => pick.mutate()}>
          {t("people.portal_dialog")}
        </Button>
      </Group>
      {all.isError && <ProblemNotice problem={all.error} onRetry={() => all.mutate()} />}
      <div className={classes.sides}>
        <Found id={listId} employees={employees} found={found} chosen={chosen} query={query} onToggle={toggle} />
        <ChosenPeople chosen={chosen} onRemove={toggle} onClear={() => onChange(new Map())} />
      </div>
    </Searched>
  );
}

interface FoundProps {
  id: string;
  employees: ReturnType<typeof useEmployees>;
  found: Employee[];
  chosen: Chosen;
  query: string;
  onToggle: (id: number) => void;
}

/** The list, page by page. */
function Found({ id, employees, found, chosen, query, onToggle }: FoundProps) {
  const { t } = useTranslation();
  const { hasNextPage, isFetching, isError, fetchNextPage } = employees;
  if (employees.isPending) return <WaitingRows />;
  if (isError && !found.length) {
    return <ProblemNotice problem={employees.error} onRetry={() => void employees.refetch()} />;
  }
  if (!found.length) return <Nobody query={query} />;
  return (
    <div className={classes.shrinks}>
      <Rows
        id={id}
        of="employee"
        label={t("people.list")}
        onToggle={onToggle}
        hasMore={hasNextPage}
        onEnd={isFetching || isError ? undefined : () => void fetchNextPage()}
      >
        {found.map((employee) => (
          <EmployeeRow
            key={employee.id}
            id={`${id}-${employee.id}`}
            employee={employee}
            chosen={chosen.has(employee.id)}
          />
        ))}
      </Rows>
      {isError && <ProblemNotice problem={employees.error} onRetry={() => void fetchNextPage()} />}
    </div>
  );
}

interface ChosenProps {
  chosen: Chosen;
  onRemove: (id: number) => void;
  onClear: () => void;
}

function ChosenPeople({ chosen, onRemove, onClear }: ChosenProps) {
  const { t } = useTranslation();
  const names = useNames(chosen);
  const fullName = useFullName();
  const nameOf = (id: number) => {
    const known = chosen.get(id);
    return fullName((known?.name ? known : names.get(id)) ?? { id, name: "", last_name: "", position: "" });
  };
  return (
    <Chips
      ids={[...chosen.keys()]}
      nameOf={nameOf}
      count={t("people.count", { count: chosen.size })}
      none={t("people.chosen_none")}
      onRemove={onRemove}
      onClear={onClear}
    />
  );
}

function Nobody({ query }: { query: string }) {
  const { t } = useTranslation();
  return (
    <EmptyState
      size="sm"
      p="lg"
      className={classes.list ?? ""}
      icon={<PeopleIcon size={28} />}
      title={t(query ? "people.none_found" : "people.none")}
      description={query ? t("people.none_found_text", { query }) : t("people.none_text")}
    />
  );
}
