import { Button, CloseButton, Progress, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useSentence } from "@/portal/components/problem-notice";
import { FileTile } from "@/portal/features/knowledge/file-tile";
import { sizeText } from "@/portal/features/knowledge/formats";
import classes from "@/portal/features/knowledge/knowledge.module.css";
import { LARGEST, mayRepeat, type Upload } from "@/portal/features/knowledge/uploads";
import type { Uploads } from "@/portal/features/knowledge/use-uploads";
import en from "@/portal/locales/knowledge.en.json";
import type { Problem } from "@/shared/problem";

/** The files on their way, and those that did not arrive. */
export function UploadLines({ uploads, drop, again }: Uploads) {
  const { t } = useTranslation();
  if (!uploads.length) return null;
  return (
    <ul className={classes.lines} aria-label={t("uploads.title")}>
      {uploads.map((upload) => (
        <Line
          key={upload.key}
          upload={upload}
          onDrop={() => drop(upload.key)}
          {...(mayRepeat(upload) && { onAgain: () => again(upload.key) })}
        />
      ))}
    </ul>
  );
}

function Line({ upload, onDrop, onAgain }: { upload: Upload; onDrop: () => void; onAgain?: () => void }) {
  const { t } = useTranslation();
  const { file, state, share } = upload;
  const isOnItsWay = state === "waiting" || state === "sending";
  return (
    <li className={classes.line}>
      <FileTile name={file.name} />
      <div className={classes.shrinks}>
        <Text size="sm" fw={500} className={classes.breaks ?? ""}>
          {file.name}
        </Text>
        <Said upload={upload} />
        {isOnItsWay && <Progress mt={6} size="sm" value={share * 100} aria-label={file.name} />}
      </div>
      {onAgain && (
        <Button
          size="compact-sm"
          variant="default"
          aria-label={t("uploads.retry", { name: file.name })}
          onClick={onAgain}
        >
          {t("common.retry")}
        </Button>
      )}
      <CloseButton
        size="lg"
        aria-label={t(isOnItsWay ? "uploads.cancel" : "uploads.hide", { name: file.name })}
        onClick={onDrop}
      />
    </li>
  );
}

function Said({ upload: { file, state, share, keptAs, problem } }: { upload: Upload }) {
  const { t } = useTranslation();
  const refusal = useRefusal();
  if (problem) {
    return (
      <Text size="sm" c="red" role="alert" className={classes.breaks ?? ""}>
        {refusal(problem, file)}
        {problem.traceId && problem.status >= 500 && ` ${t("common.trace")} ${problem.traceId}`}
      </Text>
    );
  }
  if (state === "there") {
    return (
      <Text size="sm" role="status" className={classes.breaks ?? ""}>
        {keptAs === file.name ? t("uploads.there") : t("uploads.there_as", { name: keptAs })}
      </Text>
    );
  }
  const percent = Math.floor(share * 100);
  return (
    <Text size="sm" c="dimmed">
      {state === "waiting"
        ? t("uploads.waiting")
        : percent < 100
          ? t("uploads.sending", { percent })
          : t("uploads.storing")}
    </Text>
  );
}

type Refusal = keyof typeof en.uploads.refused;
const isRefusal = (code: string): code is Refusal => code in en.uploads.refused;

/** Why a file was not taken, and what to do about it. */
function useRefusal(): (problem: Problem, file: File) => string {
  const { t, i18n } = useTranslation();
  const sentence = useSentence();
  const text = (bytes: number) => sizeText(bytes, i18n.language);
  return (problem, file) =>
    isRefusal(problem.code)
      ? t(`uploads.refused.${problem.code}`, { size: text(file.size), limit: text(LARGEST) })
      : sentence(problem);
}
