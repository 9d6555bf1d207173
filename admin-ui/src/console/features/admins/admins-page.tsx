import { Badge, Group } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { DataTableColumn } from "mantine-datatable";

import { type Filter, Filters } from "@/console/components/filters";
import { List } from "@/console/components/list";
import { Moment } from "@/console/components/moment";
import { PageHead } from "@/console/components/page-head";
import { Word } from "@/console/components/word";
import { useApi } from "@/console/context";
import { AdminActions } from "@/console/features/admins/admin-actions";
import { NewAdminButton } from "@/console/features/admins/new-admin";
import { type Admin, adminFile, listAdmins } from "@/console/features/admins/queries";
import { useFilters } from "@/console/search";
import { useTexts } from "@/console/texts";

const FILTERS: Filter[] = [{ name: "email" }];

/** Accounts of the vendor's staff; owners alone see them. */
export function AdminsPage() {
  const { t } = useTexts();
  const api = useApi();
  const [search] = useFilters();
  const wanted = { ...search, query: search.email };
  return (
    <>
      <PageHead title={t("places.admins")} about={t("admins.about")} aside={<NewAdminButton />} />
      <Filters filters={FILTERS} />
      <List
        name="admins"
        label={t("places.admins")}
        query={useQuery(listAdmins(api, wanted))}
        file={() => adminFile(api, wanted)}
        columns={useColumns()}
        empty={t("admins.empty")}
      />
    </>
  );
}

function useColumns(): DataTableColumn<Admin>[] {
  const { t } = useTexts();
  return [
    { accessor: "email", title: t("columns.email") },
    { accessor: "role", title: t("columns.role"), render: ({ role }) => <Word kind="role" word={role} /> },
    {
      accessor: "state",
      title: t("columns.state"),
      render: ({ disabled, must_change_password }) => (
        <Group gap={4}>
          {disabled && (
            <Badge color="red" variant="light" tt="none">
              {t("admins.disabled")}
            </Badge>
          )}
          {must_change_password && (
            <Badge color="orange" variant="light" tt="none">
              {t("admins.must_change")}
            </Badge>
          )}
        </Group>
      ),
    },
    { accessor: "created_at", title: t("columns.created_at"), render: ({ created_at }) => <Moment at={created_at} /> },
    { accessor: "actions", title: t("columns.actions"), render: (admin) => <AdminActions admin={admin} /> },
  ];
}
