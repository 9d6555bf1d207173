import { Button, Skeleton, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { Document } from "@/portal/api";
import { ProblemNotice } from "@/portal/components/problem-notice";
import { DocumentActions } from "@/portal/features/knowledge/document-actions";
import { usePassages } from "@/portal/features/knowledge/documents";
import classes from "@/portal/features/knowledge/knowledge.module.css";
import { Marked } from "@/portal/features/knowledge/marked";
import { Source } from "@/portal/features/knowledge/source";

/** What can be done with a document, and what was read of it. */
export function DocumentDetail({ document, onDeleted }: { document: Document; onDeleted: () => void }) {
  const { t } = useTranslation();
  return (
    <Stack gap="md" className={classes.detail ?? ""}>
      <DocumentActions document={document} onDeleted={onDeleted} />
      {document.is_truncated && <Text size="sm">{t("document.truncated")}</Text>}
      <Passages id={document.id} />
    </Stack>
  );
}

function Passages({ id }: { id: string }) {
  const { t } = useTranslation();
  const passages = usePassages(id);
  if (passages.isPending) return <Skeleton height={120} radius="md" aria-hidden />;
  if (!passages.data) return <ProblemNotice problem={passages.error} onRetry={() => void passages.refetch()} />;
  if (!passages.data.length) {
    return (
      <Text size="sm" c="dimmed">
        {t("document.nothing_read")}
      </Text>
    );
  }
  return (
    <Stack gap="sm" align="flex-start">
      <Text size="sm" fw={600}>
        {t("document.read")}
      </Text>
      <ol className={classes.passages} aria-label={t("document.read")}>
        {passages.data.map(({ place, text, location }) => (
          <li key={place}>
            <Source location={location} />
            <Marked text={text} />
          </li>
        ))}
      </ol>
      {passages.hasNextPage && (
        <Button
          size="sm"
          variant="default"
          loading={passages.isFetchingNextPage}
          onClick={() => void passages.fetchNextPage()}
        >
          {t("document.more_passages")}
        </Button>
      )}
    </Stack>
  );
}
