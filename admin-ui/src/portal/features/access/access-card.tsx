import { Alert, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Allowed } from "@/portal/api";
import { CheckIcon, PeopleIcon } from "@/portal/components/icons";
import { later } from "@/portal/components/later";
import { Card } from "@/portal/components/page";
import { ProblemNotice } from "@/portal/components/problem-notice";
import { useSurroundings } from "@/portal/context";
import { EmployeeChooser } from "@/portal/features/access/chooser";
import { bodyOf, type Draft, draftOf, isWhole, outcome, same } from "@/portal/features/access/draft";
import { Modes } from "@/portal/features/access/modes";
import { useAllowed } from "@/portal/features/access/people";
import { ProvisionProgress, useProvision } from "@/portal/features/access/provision";
import { useUnsavedGuard } from "@/portal/features/access/unsaved";
import { told } from "@/portal/session";

const DepartmentChooser = later("departments", 420, () =>
  import("@/portal/features/access/department-chooser").then((part) => part.DepartmentChooser),
);

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

function AccessEditor({ saved }: { saved: Allowed }) {
  const { t } = useTranslation();
  const [kept, setKept] = useState<Draft>(() => draftOf(saved));
  const [draft, setDraft] = useState(kept);
  const save = useSave(setKept);
  const welcomes = save.data?.provision;
  const watched = useProvision(welcomes?.status === "running" ? save.submittedAt : null);
  const provision = watched.data ?? welcomes;
  const wanted = outcome(kept, draft);
  const changed = !same(kept, wanted);
  useUnsavedGuard(changed);
  const change = (part: Partial<Draft>) => {
    save.reset();
    setDraft({ ...draft, ...part });
  };
  return (
    <Stack gap="md">
      <Modes mode={draft.mode} onChange={(mode) => change({ mode })} />
      {draft.mode === "list" && <EmployeeChooser chosen={draft.people} onChange={(people) => change({ people })} />}
      {draft.mode === "departments" && (
        <DepartmentChooser chosen={draft.departments} onChange={(departments) => change({ departments })} />
      )}
      <Notes draft={draft} />
      {save.isError && <ProblemNotice problem={save.error} onRetry={() => save.mutate(wanted)} />}
      <Group gap="sm">
        <Button onClick={() => save.mutate(wanted)} loading={save.isPending} disabled={!changed || !isWhole(draft)}>
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
        <ProvisionProgress provision={provision} people={draft.people} onRetry={() => save.mutate(wanted)} />
      )}
    </Stack>
  );
}

/** What follows from the choice as it stands. */
function Notes({ draft: { mode, people, departments } }: { draft: Draft }) {
  const { t } = useTranslation();
  const notes = [
    mode === "list" && people.size === 0 && t("access.nobody"),
    mode === "departments" && departments.size === 0 && t("access.no_department"),
    mode !== "list" && t("access.quiet"),
    mode === "departments" && t("access.who"),
  ];
  return (
    <Text size="sm" c="dimmed">
      {notes.filter(Boolean).join(" ")}
    </Text>
  );
}

function useSave(onSaved: (draft: Draft) => void) {
  const { api } = useSurroundings().session;
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (draft: Draft) => told(api.PUT("/v1/portal/allowed-users", { body: bodyOf(draft) })),
    onSuccess: (_answer, draft) => {
      onSaved(draft);
      void queries.invalidateQueries({ queryKey: ["status"] });
      void queries.invalidateQueries({ queryKey: ["employees"] });
    },
  });
}
