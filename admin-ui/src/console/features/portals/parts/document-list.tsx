import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { DataTableColumn } from "mantine-datatable";

import { type Filter, Filters } from "@/console/components/filters";
import { List } from "@/console/components/list";
import { Moment } from "@/console/components/moment";
import { Word } from "@/console/components/word";
import { useApi } from "@/console/context";
import { type Document, DOCUMENT_STATES, documentFile, listDocuments } from "@/console/features/portals/parts/queries";
import { bytes, count } from "@/console/formats";
import { useFilters } from "@/console/search";
import { useTexts } from "@/console/texts";

const FILTERS: Filter[] = [{ name: "state", kind: "document_state", words: DOCUMENT_STATES }, { name: "document" }];

/** Documents of a portal; one that cannot be read says why. */
export function DocumentList({ portalId }: { portalId: string }) {
  const { t, i18n } = useTexts();
  const api = useApi();
  const [search] = useFilters();
  const asked = { ...search, query: search.document };
  return (
    <>
      <Filters filters={FILTERS} />
      <List
        name="documents"
        label={t("knowledge.lists.documents")}
        query={useQuery(listDocuments(api, portalId, asked, i18n.language))}
        file={() => documentFile(api, portalId, asked, i18n.language)}
        columns={useColumns()}
        empty={t("knowledge.empty")}
      />
    </>
  );
}

function useColumns(): DataTableColumn<Document>[] {
  const { t, i18n } = useTexts();
  return [
    {
      accessor: "filename",
      title: t("columns.document"),
      render: ({ filename, title }) => (
        <>
          {filename}
          {title && title !== filename && (
            <Text size="xs" c="dimmed">
              {title}
            </Text>
          )}
        </>
      ),
    },
    {
      accessor: "state",
      title: t("columns.state"),
      render: ({ state, progress }) => (
        <>
          <Word kind="document_state" word={state} />
          {progress > 0 && progress < 100 && (
            <Text size="xs" c="dimmed">
              {t("knowledge.progress", { progress })}
            </Text>
          )}
        </>
      ),
    },
    {
      accessor: "error",
      title: t("columns.cause"),
      width: "30%",
      render: ({ error, error_code }) =>
        error || error_code ? (
          <>
            {error}
            <Text size="xs" c="dimmed" ff="monospace">
              {error_code}
            </Text>
          </>
        ) : (
          t("common.none")
        ),
    },
    { accessor: "size", title: t("columns.size"), render: ({ size }) => bytes(size, i18n.language) },
    { accessor: "chunks", title: t("columns.passages"), render: ({ chunks }) => count(chunks, i18n.language) },
    { accessor: "uploaded_by", title: t("columns.uploaded_by") },
    { accessor: "created_at", title: t("columns.uploaded_at"), render: (one) => <Moment at={one.created_at} /> },
  ];
}
