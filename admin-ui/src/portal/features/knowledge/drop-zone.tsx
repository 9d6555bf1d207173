import { Button, Text, ThemeIcon } from "@mantine/core";
import { type ChangeEvent, type DragEvent, type Ref, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { UploadIcon } from "@/portal/components/icons";
import { sizeText } from "@/portal/features/knowledge/formats";
import classes from "@/portal/features/knowledge/knowledge.module.css";
import { filesOf, LARGEST } from "@/portal/features/knowledge/uploads";

interface Props {
  /** The button, which takes the focus when the last document is gone. */
  ref: Ref<HTMLButtonElement>;
  /** Whether there is no document yet: then it says what to do. */
  isFirst: boolean;
  onFiles: (files: [File, boolean][]) => void;
}

/** Where files come in: by the button, or dropped. */
export function DropZone({ ref, isFirst, onFiles }: Props) {
  const { t, i18n } = useTranslation();
  const [isOver, setIsOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const kinds = useId();
  useNoDropBeside();
  const choose = ({ currentTarget }: ChangeEvent<HTMLInputElement>) => {
    const files = [...(currentTarget.files ?? [])];
    currentTarget.value = ""; // so that the same file may be chosen again
    if (files.length) onFiles(files.map((file) => [file, false]));
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    const files = filesOf(event.dataTransfer);
    if (files.length) onFiles(files);
  };
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the button in it is the keyboard's way
    <div
      role="group"
      aria-label={t("knowledge.choose")}
      className={classes.zone}
      data-over={isOver || undefined}
      data-first={isFirst || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={({ currentTarget, relatedTarget }) => {
        if (!(relatedTarget instanceof Node) || !currentTarget.contains(relatedTarget)) setIsOver(false);
      }}
      onDrop={drop}
    >
      <ThemeIcon variant="light" size={isFirst ? 56 : 40} radius="xl">
        <UploadIcon size={isFirst ? 28 : 22} />
      </ThemeIcon>
      <div className={classes.zoneText}>
        <Text fw={600}>{t(isFirst ? "knowledge.first" : "knowledge.drop")}</Text>
        {isFirst && (
          <Text c="dimmed" size="sm">
            {t("knowledge.first_text")}
          </Text>
        )}
        <Text c="dimmed" size="sm" id={kinds}>
          {t("knowledge.kinds", { limit: sizeText(LARGEST, i18n.language) })}
        </Text>
      </div>
      <input ref={input} type="file" multiple hidden aria-label={t("knowledge.choose")} onChange={choose} />
      <Button ref={ref} flex="none" aria-describedby={kinds} onClick={() => input.current?.click()}>
        {t("knowledge.choose")}
      </Button>
    </div>
  );
}

/** A file that is dropped beside must not be opened by the browser in place of the page. */
function useNoDropBeside(): void {
  useEffect(() => {
    const refuse = (event: Event) => event.preventDefault();
    window.addEventListener("dragover", refuse);
    window.addEventListener("drop", refuse);
    return () => {
      window.removeEventListener("dragover", refuse);
      window.removeEventListener("drop", refuse);
    };
  }, []);
}
