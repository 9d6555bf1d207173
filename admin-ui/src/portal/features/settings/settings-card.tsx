import { Radio, Skeleton, Stack, Text } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Settings, SettingsChange } from "@/portal/api";
import { SlidersIcon } from "@/portal/components/icons";
import { Card } from "@/portal/components/page";
import { ProblemNotice } from "@/portal/components/problem-notice";
import { useSaveSettings, useSettings } from "@/portal/features/settings/settings";
import { Problem } from "@/shared/problem";

/** The bot's language, and how it hears of questions. Each choice is saved as it is made. */
export function SettingsCard() {
  const { t } = useTranslation();
  const settings = useSettings();
  return (
    <Card title={t("settings.title")} icon={<SlidersIcon />}>
      {settings.isPending && <Skeleton height={220} radius="md" aria-hidden />}
      {settings.isError && !settings.data && (
        <ProblemNotice problem={settings.error} onRetry={() => void settings.refetch()} />
      )}
      {settings.data && (
        <Stack gap="lg">
          <Language settings={settings.data} />
          <Events settings={settings.data} />
        </Stack>
      )}
    </Card>
  );
}

function Language({ settings }: { settings: Settings }) {
  const { t } = useTranslation();
  return (
    <Choice
      label={t("settings.language")}
      description={t(settings.language ? "settings.language_text" : "settings.language_unset")}
      settings={settings}
      saved={settings.language}
      changeTo={(value) => ({ language: value === "ru" ? "ru" : "en" })}
    >
      <Radio value="ru" label={t("settings.russian")} />
      <Radio value="en" label={t("settings.english")} />
    </Choice>
  );
}

function Events({ settings }: { settings: Settings }) {
  const { t } = useTranslation();
  return (
    <Choice
      label={t("settings.events")}
      settings={settings}
      saved={settings.event_mode}
      changeTo={(value) => ({ event_mode: value === "fetch" ? "fetch" : "webhook" })}
    >
      <Radio value="webhook" label={t("settings.webhook")} description={t("settings.webhook_text")} />
      <Radio value="fetch" label={t("settings.fetch")} description={t("settings.fetch_text")} />
    </Choice>
  );
}

interface Props {
  label: string;
  description?: string;
  settings: Settings;
  /** The one of them that is chosen here. */
  saved: string | null;
  changeTo: (value: string) => SettingsChange;
  children: ReactNode;
}

interface Pressed {
  value: string;
  over: Settings;
  refused: boolean;
}

/** Options of which one holds. The one pressed shows at once, and falls back where it cannot be saved. */
function Choice({ label, description, settings, saved, changeTo, children }: Props) {
  const { t } = useTranslation();
  const save = useSaveSettings();
  const [pressed, setPressed] = useState<Pressed | null>(null);
  const press = (value: string) => {
    const mine = { value, over: settings, refused: false };
    setPressed(mine);
    save.mutate(changeTo(value), { onError: () => setPressed({ ...mine, refused: true }) });
  };
  const holds = pressed && !pressed.refused && (save.isPending || pressed.over === settings);
  const mayPass = !(save.error instanceof Problem) || save.error.passing;
  return (
    <Stack gap="xs">
      <Radio.Group label={label} description={description} value={holds ? pressed.value : saved} onChange={press}>
        <Stack gap="xs" mt="xs">
          {children}
        </Stack>
      </Radio.Group>
      <Text size="sm" c="dimmed" role="status">
        {save.isPending ? t("settings.saving") : save.isSuccess && t("settings.saved")}
      </Text>
      {save.isError && (
        <ProblemNotice problem={save.error} {...(mayPass && pressed && { onRetry: () => press(pressed.value) })} />
      )}
    </Stack>
  );
}
