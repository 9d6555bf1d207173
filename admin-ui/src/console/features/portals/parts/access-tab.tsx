import { Group, Stack, Switch, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { DataTableColumn } from "mantine-datatable";
import { useState } from "react";

import { Card } from "@/console/components/card";
import { Facts } from "@/console/components/facts";
import { type Filter, Filters } from "@/console/components/filters";
import { List } from "@/console/components/list";
import { ProblemNotice } from "@/console/components/problem-notice";
import { Word } from "@/console/components/word";
import { useApi, useRole } from "@/console/context";
import { useAccessChange } from "@/console/features/portals/parts/access-change";
import { AccessEditor } from "@/console/features/portals/parts/access-editor";
import {
  type Access,
  departments,
  type Employee,
  employeesFile,
  listEmployees,
} from "@/console/features/portals/parts/queries";
import type { Portal } from "@/console/features/portals/queries";
import { count } from "@/console/formats";
import { useFilters } from "@/console/search";
import { useTexts, useWord } from "@/console/texts";

const FILTERS: Filter[] = [
  { name: "people", kind: "people", words: ["allowed", "all"], standing: "allowed" },
  { name: "employee" },
];

/** Who may talk to the bot: as it was chosen, and by name, as the portal lists its people now. */
export function AccessTab({ portal }: { portal: Portal }) {
  const { t } = useTexts();
  const api = useApi();
  const [search] = useFilters();
  const letting = useLetting(portal);
  const asked = { ...search, query: search.employee };
  return (
    <Stack>
      <Chosen portal={portal} />
      <div>
        <Filters filters={FILTERS} times={false} />
        <Outcome portal={portal} letting={letting} />
        <List
          name="employees"
          label={t("access.people")}
          query={useQuery(listEmployees(api, portal.id, asked))}
          file={() => employeesFile(api, portal.id, asked)}
          columns={useColumns(portal, letting)}
          empty={t("access.empty")}
        />
      </div>
    </Stack>
  );
}

type Naming = (id: number) => string;

/** Departments by name; by number where the portal does not tell. */
function useDepartmentNames({ id }: Portal): Naming {
  const { data } = useQuery(departments(useApi(), id));
  const names = new Map(data?.items.map((one) => [one.id, one.name]));
  return (department) => names.get(department) ?? String(department);
}

function Chosen({ portal }: { portal: Portal }) {
  const { t, i18n } = useTexts();
  const readable = useWord();
  const { mayChange } = useRole();
  const named = useDepartmentNames(portal);
  const { mode, user_ids, department_ids } = portal.access;
  const inWords: [string, string | null][] = [
    [t("access.mode"), readable("access", mode)],
    [t("portal.access_departments"), mode === "departments" ? department_ids.map(named).join(", ") : null],
  ];
  return (
    <Card title={t("portal.access")}>
      {!mayChange && <Facts facts={inWords} />}
      {mode === "list" && <Facts facts={[[t("portal.access_users"), count(user_ids.length, i18n.language)]]} />}
      {mode === "list" && !user_ids.length && (
        <Text size="sm" role="status">
          {t("access.nobody")}
        </Text>
      )}
      {mayChange && <AccessEditor portal={portal} />}
    </Card>
  );
}

const nameOf = ({ name, last_name }: Employee) => `${last_name} ${name}`.trim();

type Letting = ReturnType<typeof useLetting>;

/** Lets one person in, or shuts them out; not where somebody has just chosen another way than by name. */
function useLetting({ id }: Portal) {
  const [refused, setRefused] = useState<unknown>();
  const change = (now: Access, { one, allowed }: { one: Employee; allowed: boolean }) => {
    const others = now.user_ids.filter((user) => user !== one.id);
    return now.mode === "list" ? { ...now, user_ids: allowed ? [...others, one.id] : others } : null;
  };
  const letting = useAccessChange(id, change, setRefused);
  const ask = (one: Employee, allowed: boolean) => {
    if (!letting.isPending) setRefused(undefined);
    letting.mutate({ one, allowed });
  };
  return { ...letting, refused, ask };
}

/** What came of it; it stands here because the row of who was shut out may be gone. */
function Outcome({ portal, letting }: { portal: Portal; letting: Letting }) {
  const { t } = useTexts();
  const { data, variables, refused } = letting;
  if (refused) return <ProblemNotice problem={refused} />;
  const name = variables && (nameOf(variables.one) || String(variables.one.id));
  const said = variables?.allowed ? t("access.let_in", { name }) : t("access.shut_out", { name });
  const isStill = data?.access.mode === portal.access.mode;
  return (
    <Text size="sm" role="status">
      {isStill && (data.access.mode === "list" ? said : t("access.otherwise"))}
    </Text>
  );
}

function useColumns(portal: Portal, letting: Letting): DataTableColumn<Employee>[] {
  const { t } = useTexts();
  const named = useDepartmentNames(portal);
  const { mayChange } = useRole();
  const byName = portal.access.mode === "list";
  const isAllowed = ({ id, allowed }: Employee) => {
    if (letting.isPending && letting.variables.one.id === id) return letting.variables.allowed;
    return byName ? portal.access.user_ids.includes(id) : allowed;
  };
  return [
    { accessor: "name", title: t("columns.user"), render: (one) => nameOf(one) || t("access.gone") },
    { accessor: "id", title: t("columns.id") },
    { accessor: "position", title: t("columns.position"), render: ({ position }) => position || t("common.none") },
    {
      accessor: "departments",
      title: t("portal.access_departments"),
      render: (one) => one.departments.map(named).join(", ") || t("common.none"),
    },
    {
      accessor: "allowed",
      title: t("portal.tabs.access"),
      render: (one) => (
        <Group gap="xs" wrap="nowrap">
          {mayChange && byName && (
            <Switch
              aria-label={t("access.may_talk", { name: nameOf(one) || one.id })}
              checked={isAllowed(one)}
              onChange={(event) => letting.ask(one, event.currentTarget.checked)}
            />
          )}
          <Word kind="allowed" word={isAllowed(one) ? "yes" : "no"} />
        </Group>
      ),
    },
  ];
}
