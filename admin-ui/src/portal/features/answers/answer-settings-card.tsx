import { NativeSelect, Skeleton, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { AnswerSettings, AnswerSettingsChosen } from "@/portal/api";
import { ChatIcon } from "@/portal/components/icons";
import { Card } from "@/portal/components/page";
import { ProblemNotice } from "@/portal/components/problem-notice";
import { useAnswerSettings, useSaveAnswerSettings } from "@/portal/features/answers/answers";

const OPTIONS = {
  strictness: ["strict", "balanced", "lenient"],
  embeddings: ["off", "local"],
  language: ["question", "ru", "en"],
  citations: ["full", "short"],
  tone: ["neutral", "friendly", "formal"],
} as const satisfies Partial<Record<keyof AnswerSettings, readonly string[]>>;
type Name = keyof typeof OPTIONS;
const NAMES = Object.keys(OPTIONS) as Name[];

/** How the bot answers. Each choice is saved as it is made. */
export function AnswerSettingsCard() {
  const { t } = useTranslation();
  const settings = useAnswerSettings();
  return (
    <Card title={t("answers.settings")} icon={<ChatIcon />}>
      {settings.isPending && <Skeleton height={320} radius="md" aria-hidden />}
      {settings.isError && !settings.data && (
        <ProblemNotice problem={settings.error} onRetry={() => void settings.refetch()} />
      )}
      {settings.data && <Choices chosen={settings.data} />}
    </Card>
  );
}

function Choices({ chosen }: { chosen: AnswerSettingsChosen }) {
  const { t } = useTranslation();
  const save = useSaveAnswerSettings();
  const shown = save.isPending ? save.variables : chosen.own;
  // The tone is a model's: quotes have none.
  const names = NAMES.filter((name) => name !== "tone" || chosen.effective.model_enabled);
  return (
    <Stack gap="md">
      {names.map((name) => (
        <Choice
          key={name}
          name={name}
          value={shown[name] ?? ""}
          common={chosen.effective[name] ?? ""}
          onChange={(value) => save.mutate({ ...chosen.own, [name]: value || null })}
        />
      ))}
      <Text size="sm" c="dimmed" role="status">
        {save.isPending ? t("settings.saving") : save.isSuccess && t("settings.saved")}
      </Text>
      {save.isError && <ProblemNotice problem={save.error} onRetry={() => save.mutate(save.variables)} />}
    </Stack>
  );
}

interface Props {
  name: Name;
  /** What was chosen here, "" where nothing was. */
  value: string;
  /** What counts now. */
  common: string;
  onChange: (value: string) => void;
}

function Choice({ name, value, common, onChange }: Props) {
  const { t } = useTranslation();
  const options: readonly string[] = OPTIONS[name];
  const label = (option: string) => t(`answers.${name}.${option}` as "answers.tone.neutral");
  // What a global administrator chose for this portal may be none of ours.
  const known = value === "" || options.includes(value);
  return (
    <NativeSelect
      label={t(`answers.${name}.title`)}
      description={t(`answers.${name}.text`)}
      value={value}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
      data={[
        {
          value: "",
          label:
            value || !options.includes(common)
              ? t("answers.as_everybody")
              : t("answers.as_everybody_now", { now: label(common) }),
        },
        ...options.map((option) => ({ value: option, label: label(option) })),
        ...(known ? [] : [{ value, label: t("answers.other") }]),
      ]}
    />
  );
}
