import { DataTable } from "mantine-datatable";

import { Card } from "@/console/components/card";
import { Moment } from "@/console/components/moment";
import { Word } from "@/console/components/word";
import type { Entry } from "@/console/features/billing/portal/queries";
import { useTexts } from "@/console/texts";

/** What a portal was on, the newest first, and why it changed. */
export function History({ entries }: { entries: Entry[] }) {
  const { t } = useTexts();
  return (
    <Card title={t("billing.history")}>
      <DataTable
        records={entries.map((entry, index) => ({ ...entry, id: `${entry.at} ${index}` }))}
        minHeight={entries.length ? 0 : 120}
        noRecordsText={t("billing.no_history")}
        columns={[
          { accessor: "at", title: t("billing.at"), render: ({ at }) => <Moment at={at} /> },
          {
            accessor: "plan_code",
            title: t("columns.plan"),
            render: ({ plan_code, plan_version }) =>
              t("billing.plan_version", { name: plan_code, version: plan_version }),
          },
          {
            accessor: "status",
            title: t("columns.status"),
            render: ({ status }) => <Word kind="subscription_status" word={status} />,
          },
          { accessor: "reason", title: t("columns.reason") },
        ]}
      />
    </Card>
  );
}
