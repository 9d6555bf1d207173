import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { DataTableColumn } from "mantine-datatable";

import { Filters } from "@/console/components/filters";
import { List } from "@/console/components/list";
import { Moment } from "@/console/components/moment";
import { useApi } from "@/console/context";
import { Why } from "@/console/features/dialogs/why";
import { DocumentList } from "@/console/features/portals/parts/document-list";
import { listUnsatisfied, type Unsatisfied, unsatisfiedFile } from "@/console/features/portals/parts/queries";
import { useFilters } from "@/console/search";
import { useTexts } from "@/console/texts";

const LISTS = ["documents", "unanswered", "badly_rated"] as const;

/** What a portal's bot knows, and what it was asked and did not. */
export function KnowledgeTab({ portalId }: { portalId: string }) {
  const { t } = useTexts();
  const [search, change] = useFilters();
  const shown = LISTS.find((name) => name === search.list) ?? "documents";
  return (
    <>
      <SegmentedControl
        mb="md"
        aria-label={t("knowledge.list")}
        data={LISTS.map((name) => ({ value: name, label: t(`knowledge.lists.${name}`) }))}
        value={shown}
        onChange={(list) => change({ list, state: undefined, document: undefined })}
      />
      {shown === "documents" ? (
        <DocumentList portalId={portalId} />
      ) : (
        <UnsatisfiedList key={shown} portalId={portalId} kind={shown} />
      )}
    </>
  );
}

interface Props {
  portalId: string;
  kind: "unanswered" | "badly_rated";
}

function UnsatisfiedList({ portalId, kind }: Props) {
  const { t } = useTexts();
  const api = useApi();
  const [search] = useFilters();
  return (
    <>
      <Filters filters={[]} />
      <List
        name="unsatisfied"
        label={t(`knowledge.lists.${kind}`)}
        query={useQuery(listUnsatisfied(api, portalId, kind, search))}
        file={() => unsatisfiedFile(api, portalId, kind, search)}
        columns={useColumns()}
        empty={t("knowledge.satisfied")}
      />
    </>
  );
}

function useColumns(): DataTableColumn<Unsatisfied>[] {
  const { t } = useTexts();
  return [
    { accessor: "created_at", title: t("columns.at"), render: ({ created_at }) => <Moment at={created_at} /> },
    { accessor: "user_id", title: t("columns.user") },
    { accessor: "question", title: t("columns.question"), width: "30%" },
    {
      accessor: "answer",
      title: t("columns.answer"),
      width: "40%",
      render: ({ answer }) => answer ?? t("common.none"),
    },
    {
      accessor: "why",
      title: t("columns.actions"),
      render: (one) => <Why question={one.id} portalId={one.portal_id} />,
    },
  ];
}
