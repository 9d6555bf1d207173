import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { DataTableColumn } from "mantine-datatable";

import { Card } from "@/console/components/card";
import { Facts } from "@/console/components/facts";
import { type Filter, Filters } from "@/console/components/filters";
import { List } from "@/console/components/list";
import { Word } from "@/console/components/word";
import { useApi } from "@/console/context";
import { departments, type Employee, employeesFile, listEmployees } from "@/console/features/portals/parts/queries";
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
  const asked = { ...search, query: search.employee };
  return (
    <Stack>
      <Chosen portal={portal} />
      <div>
        <Filters filters={FILTERS} times={false} />
        <List
          name="employees"
          label={t("access.people")}
          query={useQuery(listEmployees(api, portal.id, asked))}
          file={() => employeesFile(api, portal.id, asked)}
          columns={useColumns(useDepartmentNames(portal))}
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
  const named = useDepartmentNames(portal);
  const { mode, user_ids, department_ids } = portal.access;
  return (
    <Card title={t("portal.access")}>
      <Facts
        facts={[
          [t("access.mode"), readable("access", mode)],
          [t("portal.access_users"), mode === "list" ? count(user_ids.length, i18n.language) : null],
          [t("portal.access_departments"), mode === "departments" ? department_ids.map(named).join(", ") : null],
        ]}
      />
      {mode === "list" && !user_ids.length && <Text size="sm">{t("access.nobody")}</Text>}
    </Card>
  );
}

function useColumns(named: Naming): DataTableColumn<Employee>[] {
  const { t } = useTexts();
  return [
    {
      accessor: "name",
      title: t("columns.user"),
      render: ({ name, last_name }) => `${last_name} ${name}`.trim() || t("access.gone"),
    },
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
      render: ({ allowed }) => <Word kind="allowed" word={allowed ? "yes" : "no"} />,
    },
  ];
}
