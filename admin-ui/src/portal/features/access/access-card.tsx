import { Alert, Button, Group, Radio, Skeleton, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { AccessMode, Allowed } from "@/portal/api";
import { CheckIcon, PeopleIcon } from "@/portal/components/icons";
import { Card } from "@/portal/components/page";
import { ProblemNotice } from "@/portal/components/problem-notice";
import { useSurroundings } from "@/portal/context";
import { EmployeeChooser } from "@/portal/features/access/chooser";
import { type Chosen, chosenOf, useAllowed } from "@/portal/features/access/people";
import { ProvisionProgress, useProvision } from "@/portal/features/access/provision";
import { useUnsavedGuard } from "@/portal/features/access/unsaved";
import { told } from "@/portal/session";

/** Who may talk to the bot: seen, changed and saved. */
export function AccessCard() {
  const { t } = useTranslation();
  const allowed = useAllowed();
  return (
    <Card title={t("access.title")} icon={<PeopleIcon />}>
      {allowed.isPending && <Skeleton height={320} radius="md" aria-hidden />}
      {allowed.isError && <ProblemNotice problem={allowed.error} onRetry={() => void allowed.refetch()} />}
      {allowed.data && <AccessEditor saved={allowed.data} />}
    </Card>
  );
}

interface Draft {
  mode: AccessMode;
  chosen: Chosen;
}

const modeOf = ({ mode }: Allowed): AccessMode => (mode === "all" || mode === "departments" ? mode : "list");

const same = (one: Draft, other: Draft) =>
  one.mode === other.mode &&
  one.chosen.size === other.chosen.size &&
  [...one.chosen.keys()].every((id) => other.chosen.has(id));

function AccessEditor({ saved }: { saved: Allowed }) {
  const { t } = useTranslation();
  const [kept, setKept] = useState<Draft>(() => ({ mode: modeOf(saved), chosen: chosenOf(saved) }));
  const [draft, setDraft] = useState(kept);
  const save = useSave(saved, setKept);
  const welcomes = save.data?.provision;
  const watched = useProvision(welcomes?.status === "running" ? save.submittedAt : null);
  const provision = watched.data ?? welcomes;
  const changed = !same(kept, draft);
  useUnsavedGuard(changed);
  const change = (part: Partial<Draft>) => {
    save.reset();
    setDraft({ ...draft, ...part });
  };
  return (
    <Stack gap="md">
      <Modes mode={draft.mode} saved={saved} onChange={(mode) => change({ mode })} />
      {draft.mode === "list" && <EmployeeChooser chosen={draft.chosen} onChange={(chosen) => change({ chosen })} />}
      {draft.mode === "list" && draft.chosen.size === 0 && (
        <Text size="sm" c="dimmed">
          {t("access.nobody")}
        </Text>
      )}
      {save.isError && <ProblemNotice problem={save.error} onRetry={() => save.mutate(draft)} />}
      <Group gap="sm">
        <Button onClick={() => save.mutate(draft)} loading={save.isPending} disabled={!changed}>
          {t("access.save")}
        </Button>
        {changed && (
          <Button variant="default" onClick={() => change(kept)} disabled={save.isPending}>
            {t("access.discard")}
          </Button>
        )}
        <Text size="sm" c="dimmed" role="status">
          {changed && !save.isPending && t("access.unsaved")}
        </Text>
      </Group>
      {save.isSuccess && (
        <Alert color="teal" variant="light" icon={<CheckIcon />} role="status">
          {t("access.saved")}
        </Alert>
      )}
      {provision && provision.total > 0 && (
        <ProvisionProgress provision={provision} people={draft.chosen} onRetry={() => save.mutate(draft)} />
      )}
    </Stack>
  );
}

function useSave({ department_ids }: Allowed, onSaved: (draft: Draft) => void) {
  const { api } = useSurroundings().session;
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ mode, chosen }: Draft) =>
      told(api.PUT("/v1/portal/allowed-users", { body: { mode, user_ids: [...chosen.keys()], department_ids } })),
    onSuccess: (_answer, draft) => {
      onSaved(draft);
      void queries.invalidateQueries({ queryKey: ["status"] });
    },
  });
}

function Modes({ mode, saved, onChange }: { mode: AccessMode; saved: Allowed; onChange: (mode: AccessMode) => void }) {
  const { t } = useTranslation();
  const departments = saved.department_ids.length;
  return (
    <Radio.Group label={t("access.mode")} value={mode} onChange={onChange}>
      <Stack gap="xs" mt="xs">
        <Radio value="all" label={t("access.all")} description={t("access.all_text")} />
        <Radio value="list" label={t("access.list")} description={t("access.list_text")} />
        {saved.mode === "departments" && (
          <Radio
            value="departments"
            label={t("access.departments")}
            description={t("access.departments_text", { count: departments })}
          />
        )}
      </Stack>
    </Radio.Group>
  );
}
