import { Alert, Button, Code, Group, Stack, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { AlertIcon } from "@/portal/components/icons";
import classes from "@/portal/components/layout.module.css";
import en from "@/portal/locales/en.json";
import { Problem } from "@/shared/problem";

type Known = Exclude<keyof typeof en.problems, "title" | "unknown">;

const isKnown = (code: string): code is Known => code in en.problems && code !== "title" && code !== "unknown";

/** The sentence for a problem: ours where its code is known, the server's for a refusal, else that it is our fault. */
export function useSentence(): (problem: unknown) => string {
  const { t } = useTranslation();
  return (problem) => {
    const { code, status, message } = problem instanceof Problem ? problem : new Problem("unexpected", "");
    if (isKnown(code)) return t(`problems.${code}`);
    return (status >= 400 && status < 500 && message) || t("problems.unknown");
  };
}

interface Props {
  problem: unknown;
  onRetry?: () => void;
  retrying?: boolean;
}

/** What went wrong, in a sentence; the reference for support; the way to try again. */
export function ProblemNotice({ problem, onRetry, retrying = false }: Props) {
  const { t } = useTranslation();
  const sentence = useSentence();
  const known = problem instanceof Problem ? problem : new Problem("unexpected", "");
  return (
    <Alert color="red" variant="light" icon={<AlertIcon />} title={t("problems.title")} role="alert">
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{sentence(known)}</Text>
        {known.traceId && <Reference id={known.traceId} />}
        {onRetry && <Retry key={known.traceId} after={known.retryAfter} onRetry={onRetry} busy={retrying} />}
      </Stack>
    </Alert>
  );
}

/** The trace id, easy to hand on. */
function Reference({ id }: { id: string }) {
  const { t } = useTranslation();
  const code = useRef<HTMLElement>(null);
  const [copied, setCopied] = useState(false);
  const copy = () => void copyText(id, code.current).then(setCopied);
  return (
    <Group gap="xs">
      <Text size="sm">{t("common.trace")}</Text>
      <Code ref={code} className={classes.reference ?? ""}>
        {id}
      </Code>
      <Button variant="subtle" color="gray" size="compact-sm" onClick={copy}>
        {copied ? t("common.copied") : t("common.copy")}
      </Button>
    </Group>
  );
}

/** Copy `text`; a frame of another site is often refused the clipboard, then the shown text is copied the old way. */
async function copyText(text: string, shown: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    if (shown) window.getSelection()?.selectAllChildren(shown);
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the one way left inside a frame
    return document.execCommand("copy");
  }
}

function Retry({ after, onRetry, busy }: { after: number; onRetry: () => void; busy: boolean }) {
  const { t } = useTranslation();
  const [left, setLeft] = useState(after);
  const waiting = left > 0;
  useEffect(() => {
    if (!waiting) return undefined;
    const timer = setInterval(() => setLeft((seconds) => seconds - 1), 1000);
    return () => clearInterval(timer);
  }, [waiting]);
  return (
    <Button variant="default" size="sm" onClick={onRetry} loading={busy} disabled={waiting}>
      {waiting ? t("common.retry_in", { count: left }) : t("common.retry")}
    </Button>
  );
}
