import { Button, Group, Stack, Text } from "@mantine/core";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Document } from "@/portal/api";
import { RefreshIcon, TrashIcon } from "@/portal/components/icons";
import { ProblemNotice } from "@/portal/components/problem-notice";
import { useDelete, useReread } from "@/portal/features/knowledge/documents";
import classes from "@/portal/features/knowledge/knowledge.module.css";
import { isBeingRead } from "@/portal/features/knowledge/states";

interface Props {
  document: Document;
  onDeleted: () => void;
}

/** Read anew, or delete, which asks first: here, for there are no dialogs over a frame. */
export function DocumentActions({ document, onDeleted }: Props) {
  const { t } = useTranslation();
  const [isAsking, setIsAsking] = useState<boolean | null>(null);
  const ask = useRef<HTMLButtonElement>(null);
  const reread = useReread(document.id);
  const isReading = isBeingRead(document);
  useEffect(() => {
    if (isAsking === false) ask.current?.focus(); // it was asked and kept
  }, [isAsking]);
  if (isAsking) return <Confirmation document={document} onDeleted={onDeleted} onKeep={() => setIsAsking(false)} />;
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <Button
          size="sm"
          variant="default"
          leftSection={<RefreshIcon size={16} />}
          loading={reread.isPending}
          disabled={isReading}
          onClick={() => reread.mutate()}
        >
          {t("document.reread")}
        </Button>
        <Button
          ref={ask}
          size="sm"
          variant="subtle"
          color="red"
          leftSection={<TrashIcon size={16} />}
          onClick={() => setIsAsking(true)}
        >
          {t("document.delete")}
        </Button>
      </Group>
      {reread.isSuccess && isReading && (
        <Text size="sm" c="dimmed" role="status">
          {t("document.rereading")}
        </Text>
      )}
      {reread.isError && <ProblemNotice problem={reread.error} onRetry={() => reread.mutate()} />}
    </Stack>
  );
}

function Confirmation({ document, onDeleted, onKeep }: Props & { onKeep: () => void }) {
  const { t } = useTranslation();
  const question = useId();
  const keep = useRef<HTMLButtonElement>(null);
  const remove = useDelete(document.id, onDeleted);
  const escape = ({ key }: KeyboardEvent) => {
    if (key === "Escape" && !remove.isPending) onKeep();
  };
  useEffect(() => keep.current?.focus({ preventScroll: true }), []);
  return (
    <div role="group" aria-labelledby={question} className={classes.confirmation}>
      <Text size="sm" id={question} className={classes.breaks ?? ""}>
        {t("document.delete_ask", { name: document.filename })}
      </Text>
      <Group gap="xs">
        <Button size="sm" color="red.9" loading={remove.isPending} onKeyDown={escape} onClick={() => remove.mutate()}>
          {t("document.delete")}
        </Button>
        <Button ref={keep} size="sm" variant="default" disabled={remove.isPending} onKeyDown={escape} onClick={onKeep}>
          {t("document.keep")}
        </Button>
      </Group>
      {remove.isError && <ProblemNotice problem={remove.error} onRetry={() => remove.mutate()} />}
    </div>
  );
}
