import { Alert, Button, Code, CopyButton, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";

import en from "@/console/locales/en.json";
import { useSaid } from "@/console/said";
import { useTexts } from "@/console/texts";
import { Problem } from "@/shared/problem";

type Known = Exclude<keyof typeof en.problems, "title" | "unknown">;

const isKnown = (code: string): code is Known => code in en.problems && code !== "title" && code !== "unknown";

/** What went wrong: a sentence, the trace id to look it up by, the way to try again. */
export function ProblemNotice({ problem, onRetry }: { problem: unknown; onRetry?: () => void }) {
  const { t } = useTexts();
  const said = useSaid();
  const { code, message, status, traceId } = problem instanceof Problem ? problem : new Problem("unexpected", "");
  const sentence = (status >= 400 && status < 500 ? said(message) : undefined) ?? t("problems.unknown");
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle />} title={t("problems.title")} role="alert">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{isKnown(code) ? t(`problems.${code}`) : sentence}</Text>
        {traceId && (
          <Group gap="xs">
            <Text size="sm">{t("common.trace")}</Text>
            <Code>{traceId}</Code>
            <CopyButton value={traceId}>
              {({ copied, copy }) => (
                <Button variant="subtle" color="gray" size="compact-sm" onClick={copy}>
                  {copied ? t("common.copied") : t("common.copy")}
                </Button>
              )}
            </CopyButton>
          </Group>
        )}
        {onRetry && (
          <Button variant="default" size="compact-sm" onClick={onRetry}>
            {t("common.retry")}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
