import { Progress, Text, UnstyledButton } from "@mantine/core";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Document, DocumentState } from "@/portal/api";
import { ChevronIcon } from "@/portal/components/icons";
import { DocumentDetail } from "@/portal/features/knowledge/document-detail";
import { FileTile } from "@/portal/features/knowledge/file-tile";
import { momentText, sizeText } from "@/portal/features/knowledge/formats";
import classes from "@/portal/features/knowledge/knowledge.module.css";
import { isBeingRead } from "@/portal/features/knowledge/states";

/** The id of the button of a document's row. */
export const rowId = (documentId: string) => `document-${documentId}`;

/** A document: how it stands in a line; opened, what was read of it and what can be done with it. */
export function DocumentRow({ document, onDeleted }: { document: Document; onDeleted: () => void }) {
  const { t } = useTranslation();
  const [isOpen, setIsOpen] = useState(false);
  const detail = useId();
  return (
    <li>
      <div className={classes.rowTop}>
        <UnstyledButton
          id={rowId(document.id)}
          className={classes.rowHead ?? ""}
          aria-expanded={isOpen}
          aria-controls={detail}
          onClick={() => setIsOpen(!isOpen)}
        >
          <FileTile name={document.filename} />
          <span className={classes.rowText}>
            <Text span size="sm" fw={500} className={classes.breaks ?? ""}>
              {document.filename}
            </Text>
            <span className={classes.about}>
              <State state={document.state} progress={document.progress} />
              <Facts document={document} />
            </span>
          </span>
          <span className={classes.chevron}>
            <ChevronIcon size={18} />
          </span>
        </UnstyledButton>
        {isBeingRead(document) && (
          <Progress
            size={3}
            radius={0}
            value={document.progress}
            className={classes.rowProgress ?? ""}
            aria-label={`${t("document.progress")}: ${document.filename}`}
          />
        )}
      </div>
      {document.error && (
        <Text size="sm" c="red" className={classes.rowError ?? ""}>
          {document.error}
        </Text>
      )}
      <div id={detail} hidden={!isOpen}>
        {isOpen && <DocumentDetail document={document} onDeleted={onDeleted} />}
      </div>
    </li>
  );
}

function State({ state, progress }: { state: DocumentState; progress: number }) {
  const { t } = useTranslation();
  return (
    <span className={classes.badge} data-state={state}>
      {t(`states.${state}`)}
      {(state === "extracting" || state === "indexing") && progress > 0 && ` ${progress}%`}
    </span>
  );
}

function Facts({ document: { size, pages, chunks, created_at } }: { document: Document }) {
  const { t, i18n } = useTranslation();
  const facts = [
    sizeText(size, i18n.language),
    pages !== null && t("document.pages", { count: pages }),
    chunks > 0 && t("document.passages", { count: chunks }),
    momentText(created_at, i18n.language),
  ];
  return (
    <Text span size="xs" c="dimmed">
      {facts
        .filter((fact): fact is string => fact !== false)
        .map((fact) => (
          <span key={fact} className={classes.fact}>
            {fact}
          </span>
        ))}
    </Text>
  );
}
