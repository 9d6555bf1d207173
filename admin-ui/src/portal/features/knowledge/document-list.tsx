import { Button, EmptyState, Group, Skeleton, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Document } from "@/portal/api";
import { SearchIcon } from "@/portal/components/icons";
import { ProblemNotice } from "@/portal/components/problem-notice";
import { DocumentRow, rowId } from "@/portal/features/knowledge/document-row";
import type { useDocuments } from "@/portal/features/knowledge/documents";
import classes from "@/portal/features/knowledge/knowledge.module.css";

interface Props {
  documents: ReturnType<typeof useDocuments>;
  isFiltered: boolean;
  onClear: () => void;
  /** Told what was deleted, and the id of the row that stands in its place then. */
  onDeleted: (document: Document, next: string | undefined) => void;
}

/** The documents, newest first. */
export function DocumentList({ documents: found, isFiltered, onClear, onDeleted }: Props) {
  const { t } = useTranslation();
  if (!found.data) {
    if (found.isError) return <ProblemNotice problem={found.error} onRetry={() => void found.refetch()} />;
    return <WaitingDocuments />;
  }
  const documents = found.data;
  if (!documents.length) return isFiltered ? <NoneFound onClear={onClear} /> : null;
  const after = (place: number) => documents[place + 1] ?? documents[place - 1];
  return (
    <>
      {found.isError && !found.isFetching && (
        <Group gap="sm" role="status">
          <Text size="sm">{t("knowledge.stale")}</Text>
          <Button size="compact-sm" variant="default" onClick={() => void found.refetch()}>
            {t("common.retry")}
          </Button>
        </Group>
      )}
      <ul className={classes.lines} aria-label={t("knowledge.list")} aria-busy={found.isPlaceholderData}>
        {documents.map((document, place) => (
          <DocumentRow
            key={document.id}
            document={document}
            onDeleted={() => {
              const next = after(place);
              onDeleted(document, next && rowId(next.id));
            }}
          />
        ))}
      </ul>
      {found.hasNextPage && (
        <Button
          variant="default"
          loading={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
          className={classes.more ?? ""}
        >
          {t("knowledge.more")}
        </Button>
      )}
    </>
  );
}

function NoneFound({ onClear }: { onClear: () => void }) {
  const { t } = useTranslation();
  return (
    <EmptyState
      size="sm"
      icon={<SearchIcon size={28} />}
      title={t("knowledge.none_found")}
      description={t("knowledge.none_found_text")}
    >
      <EmptyState.Actions>
        <Button variant="default" size="sm" onClick={onClear}>
          {t("knowledge.clear")}
        </Button>
      </EmptyState.Actions>
    </EmptyState>
  );
}

/** The place of a list that has not come yet. */
export function WaitingDocuments() {
  return (
    <div className={classes.waiting} aria-hidden="true">
      {Array.from({ length: 3 }, (_, row) => (
        <Skeleton key={row} height={52} radius="md" />
      ))}
    </div>
  );
}
