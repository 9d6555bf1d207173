import { Button, Group, NumberInput, Switch, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { Card } from "@/console/components/card";
import classes from "@/console/components/layout.module.css";
import { ProblemNotice } from "@/console/components/problem-notice";
import { useApi } from "@/console/context";
import { save, type Settings } from "@/console/features/inbound/queries";
import { useTexts } from "@/console/texts";

const NUMBERS = [
  ["retention_days", 365],
  ["max_rows", 50_000_000],
  ["max_body_kb", 1024],
  ["target_budget_mb", 1_048_576],
] as const;
const SWITCHES = ["enabled", "auto_prune_on_write"] as const;

/** What is kept of requests to the events address. */
export function SettingsCard({ settings, readOnly }: { settings: Settings; readOnly: boolean }) {
  const { t } = useTexts();
  const api = useApi();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(settings);
  const saving = useMutation({
    mutationFn: () => save(api, draft),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["inbound_events"] }),
  });
  const change = (part: Partial<Settings>) => {
    saving.reset();
    setDraft({ ...draft, ...part });
  };
  return (
    <Card title={t("storage.settings")}>
      <div className={classes.fields}>
        {NUMBERS.map(([name, max]) => (
          <NumberInput
            key={name}
            label={t(`storage.${name}`)}
            min={1}
            max={max}
            allowDecimal={false}
            readOnly={readOnly}
            value={draft[name]}
            onChange={(value) => change({ [name]: Number(value) })}
          />
        ))}
      </div>
      {SWITCHES.map((name) => (
        <Switch
          key={name}
          label={t(`storage.${name}`)}
          disabled={readOnly}
          checked={draft[name]}
          onChange={(event) => change({ [name]: event.currentTarget.checked })}
        />
      ))}
      {saving.isError && <ProblemNotice problem={saving.error} />}
      {!readOnly && (
        <Group>
          <Button size="sm" loading={saving.isPending} onClick={() => saving.mutate()}>
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
