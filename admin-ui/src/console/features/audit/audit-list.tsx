import { Code, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { DataTableColumn } from "mantine-datatable";

import { type Filter, Filters } from "@/console/components/filters";
import { PortalLink } from "@/console/components/ids";
import classes from "@/console/components/layout.module.css";
import { List } from "@/console/components/list";
import { Moment } from "@/console/components/moment";
import { useApi } from "@/console/context";
import { type AuditEntry, auditFile, listAudit } from "@/console/features/audit/queries";
import { useFilters } from "@/console/search";
import { useTexts } from "@/console/texts";

const FILTERS: Filter[] = [{ name: "action" }, { name: "admin_id" }];

/** What the staff did, everywhere or to one portal. */
export function AuditList({ portalId }: { portalId?: string }) {
  const { t } = useTexts();
  const api = useApi();
  const [address] = useFilters();
  const search = portalId ? { ...address, portal_id: portalId } : address;
  return (
    <>
      <Filters filters={portalId ? FILTERS : [{ name: "portal_id" }, ...FILTERS]} />
      <List
        name="audit"
        label={t("places.audit")}
        query={useQuery(listAudit(api, search))}
        columns={useColumns(!portalId)}
        file={() => auditFile(api, search)}
        empty={t("audit.empty")}
      />
    </>
  );
}

function useColumns(withPortal: boolean): DataTableColumn<AuditEntry>[] {
  const { t } = useTexts();
  return [
    { accessor: "created_at", title: t("audit.at"), render: ({ created_at }) => <Moment at={created_at} /> },
    {
      accessor: "email",
      title: t("columns.who"),
      render: ({ email, remote_ip }) => (
        <>
          {email}
          <Text size="xs" c="dimmed">
            {remote_ip}
          </Text>
        </>
      ),
    },
    { accessor: "action", title: t("columns.action"), render: ({ action }) => <Code>{action}</Code> },
    {
      accessor: "portal_id",
      title: t("columns.portal"),
      hidden: !withPortal,
      render: ({ portal_id }) => <PortalLink id={portal_id} />,
    },
    {
      accessor: "change",
      title: t("columns.change"),
      render: ({ before, after }) => (
        <Group gap={4} className={classes.breaks ?? ""}>
          <Code>{JSON.stringify(before)}</Code>
          <span aria-hidden>{"→"}</span>
          <Code>{JSON.stringify(after)}</Code>
        </Group>
      ),
    },
  ];
}
