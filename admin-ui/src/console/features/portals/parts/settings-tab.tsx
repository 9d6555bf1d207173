import { Button, Group, Select, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { Card } from "@/console/components/card";
import classes from "@/console/components/layout.module.css";
import { ProblemNotice } from "@/console/components/problem-notice";
import { useApi, useRole } from "@/console/context";
import { type Change, changePortal } from "@/console/features/portals/parts/queries";
import { onePortal, type Portal } from "@/console/features/portals/queries";
import { useTexts, useWord } from "@/console/texts";

const LANGUAGES = ["ru", "en"] as const;
const EVENT_MODES = ["webhook", "fetch"] as const;

/** What a portal's administrator may choose; an operator may do it for them. */
export function SettingsTab({ portal }: { portal: Portal }) {
  const { t } = useTexts();
  const readable = useWord();
  const { mayChange } = useRole();
  const api = useApi();
  const queries = useQueryClient();
  const [draft, setDraft] = useState<Change>({});
  const saving = useMutation({
    mutationFn: () => changePortal(api, portal.id, draft),
    onSuccess: (changed) => {
      setDraft({});
      queries.setQueryData(onePortal(api, portal.id).queryKey, changed);
    },
  });
  const change = (part: Change) => {
    saving.reset();
    setDraft({ ...draft, ...part });
  };
  const options = (kind: string, words: readonly string[]) =>
    words.map((value) => ({ value, label: readable(kind, value) }));
  return (
    <Card title={t("portal.tabs.settings")}>
      <div className={classes.fields}>
        <Select
          label={t("portal.language")}
          description={t("settings.language_what")}
          placeholder={t("settings.portals_own")}
          data={options("language", LANGUAGES)}
          readOnly={!mayChange}
          allowDeselect={false}
          value={draft.language ?? portal.settings.language}
          onChange={(language) => change({ language: LANGUAGES.find((one) => one === language) ?? null })}
        />
        <Select
          label={t("portal.event_mode")}
          description={t("settings.event_mode_what")}
          data={options("event_mode", EVENT_MODES)}
          readOnly={!mayChange}
          allowDeselect={false}
          value={draft.event_mode ?? portal.settings.event_mode}
          onChange={(mode) => change({ event_mode: EVENT_MODES.find((one) => one === mode) ?? null })}
        />
      </div>
      {saving.isError && <ProblemNotice problem={saving.error} />}
      {mayChange && (
        <Group>
          <Button
            size="sm"
            loading={saving.isPending}
            disabled={!Object.keys(draft).length}
            onClick={() => saving.mutate()}
          >
            {t("common.save")}
          </Button>
          {saving.isSuccess && (
            <Text size="sm" role="status">
              {t("common.saved")}
            </Text>
          )}
        </Group>
      )}
    </Card>
  );
}
