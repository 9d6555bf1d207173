import {
  Button,
  Combobox,
  EmptyState,
  Group,
  Loader,
  Skeleton,
  Stack,
  TextInput,
  type TextInputProps,
  useCombobox,
} from "@mantine/core";
import { useDebouncedValue, useIntersection } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useId, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Employee, Person } from "@/portal/api";
import { PeopleIcon, SearchIcon } from "@/portal/components/icons";
import { ProblemNotice } from "@/portal/components/problem-notice";
import { useSurroundings } from "@/portal/context";
import { Chips } from "@/portal/features/access/chips";
import classes from "@/portal/features/access/chooser.module.css";
import { clickedEmployee, EmployeeRow } from "@/portal/features/access/employee-row";
import { type Chosen, everyone, useEmployees } from "@/portal/features/access/people";

const TYPING_MS = 250;
const AHEAD = "300px"; // the next page is asked for before the last row is seen

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
  const [moved, setMoved] = useState(false);
  const listId = useId();
  const combobox = useCombobox({ opened: true });
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
    <Combobox store={combobox}>
      <Stack gap="sm">
        <Combobox.EventsTarget withExpandedAttribute aria-controls={listId}>
          <SearchInput
            still={!moved}
            label={t("people.search")}
            placeholder={t("people.search_placeholder")}
            description={t("people.keys")}
            leftSection={<SearchIcon size={18} />}
            rightSection={employees.isFetching && !employees.isPending ? <Loader size={16} /> : null}
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
              combobox.resetSelectedOption();
              setMoved(false);
            }}
            onKeyDown={({ key }) => setMoved(moved || key === "ArrowDown" || key === "ArrowUp")}
          />
        </Combobox.EventsTarget>
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
          <Chips chosen={chosen} onRemove={toggle} onClear={() => onChange(new Map())} />
        </div>
      </Stack>
    </Combobox>
  );
}

/** While nobody has moved through the present list, the library still points at a row of the one before. */
function SearchInput({ still, ...props }: TextInputProps & { still: boolean }) {
  return <TextInput {...props} aria-activedescendant={still ? undefined : props["aria-activedescendant"]} />;
}

interface FoundProps {
  id: string;
  employees: ReturnType<typeof useEmployees>;
  found: Employee[];
  chosen: Chosen;
  query: string;
  onToggle: (id: number) => void;
}

/** The list: rows, and a mark after the last one that asks for the next page when it comes into view. */
function Found({ id, employees, found, chosen, query, onToggle }: FoundProps) {
  const { t } = useTranslation();
  const [list, setList] = useState<HTMLElement | null>(null);
  const { ref: end, entry } = useIntersection({ root: list, rootMargin: AHEAD });
  const { hasNextPage, isFetching, isError, fetchNextPage } = employees;
  const near = entry?.isIntersecting ?? false;
  useEffect(() => {
    if (near && hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [near, hasNextPage, isFetching, isError, fetchNextPage]);

  if (employees.isPending) return <Waiting />;
  if (isError && !found.length) {
    return <ProblemNotice problem={employees.error} onRetry={() => void employees.refetch()} />;
  }
  if (!found.length) return <Nobody query={query} />;
  return (
    <div className={classes.shrinks}>
      <Combobox.Options
        ref={setList}
        id={id}
        aria-label={t("people.list")}
        aria-multiselectable
        onClick={({ target }) => {
          const clicked = clickedEmployee(target);
          if (clicked !== undefined) onToggle(clicked);
        }}
        className={classes.list ?? ""}
      >
        {found.map((employee) => (
          <EmployeeRow
            key={employee.id}
            id={`${id}-${employee.id}`}
            employee={employee}
            chosen={chosen.has(employee.id)}
          />
        ))}
        {hasNextPage && (
          <div ref={end} role="presentation" className={classes.more}>
            <Loader size="sm" aria-hidden />
          </div>
        )}
      </Combobox.Options>
      {isError && <ProblemNotice problem={employees.error} onRetry={() => void fetchNextPage()} />}
    </div>
  );
}

function Waiting() {
  return (
    <Stack gap="md" p="md" aria-hidden="true" className={classes.list ?? ""}>
      {Array.from({ length: 6 }, (_, row) => (
        <Group key={row} gap="sm" wrap="nowrap">
          <Skeleton circle height={36} />
          <Skeleton height={14} radius="xl" />
        </Group>
      ))}
    </Stack>
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
