import { VisuallyHidden } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { BookIcon } from "@/portal/components/icons";
import { Card } from "@/portal/components/page";
import { DocumentList, WaitingDocuments } from "@/portal/features/knowledge/document-list";
import { EVERYTHING, type Filter, useDocuments } from "@/portal/features/knowledge/documents";
import { DropZone } from "@/portal/features/knowledge/drop-zone";
import { Filters } from "@/portal/features/knowledge/filters";
import { isBeingRead } from "@/portal/features/knowledge/states";
import { UploadLines } from "@/portal/features/knowledge/upload-lines";
import { useSettled } from "@/portal/features/knowledge/use-settled";
import { useUploads } from "@/portal/features/knowledge/use-uploads";

const TYPING_MS = 250;

/** The documents that the bot answers from: uploaded, looked through, deleted. */
export function KnowledgeCard() {
  const { t } = useTranslation();
  const choose = useRef<HTMLButtonElement>(null);
  const [filter, setFilter] = useState<Filter>(EVERYTHING);
  const [query] = useDebouncedValue(filter.query.trim(), TYPING_MS);
  const [news, setNews] = useState("");
  const all = useDocuments(EVERYTHING);
  const shown = useDocuments({ ...filter, query: filter.query && query }, all.data?.some(isBeingRead));
  const uploads = useUploads(({ filename }) => setNews(t("uploads.stored", { name: filename })));
  useSettled(all.data, ({ filename, state }) =>
    setNews(t(state === "ready" ? "knowledge.became_ready" : "knowledge.became_failed", { name: filename })),
  );
  const isEmpty = all.data?.length === 0 && uploads.uploads.length === 0;
  return (
    <Card title={t("knowledge.title")} icon={<BookIcon />}>
      <VisuallyHidden role="status">{news}</VisuallyHidden>
      <DropZone
        ref={choose}
        isFirst={isEmpty}
        onFiles={(files) => {
          setFilter(EVERYTHING);
          uploads.add(files);
        }}
      />
      <UploadLines {...uploads} />
      {all.data && all.data.length > 0 && <Filters filter={filter} onChange={setFilter} />}
      {all.isPending ? (
        <WaitingDocuments />
      ) : (
        <DocumentList
          documents={shown}
          isFiltered={filter.query !== "" || filter.state !== ""}
          onClear={() => setFilter(EVERYTHING)}
          onDeleted={({ filename }, next) => {
            setNews(t("knowledge.deleted", { name: filename }));
            (next ? document.getElementById(next) : choose.current)?.focus();
          }}
        />
      )}
    </Card>
  );
}
