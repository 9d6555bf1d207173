import { Button, Group, Skeleton, Stack, Text, ThemeIcon } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { CheckIcon } from "@/portal/components/icons";
import { Announced } from "@/portal/components/page";
import { ProblemNotice } from "@/portal/components/problem-notice";
import { EmployeeChooser } from "@/portal/features/access/chooser";
import { type Chosen, chosenOf, nobody, useAllowed } from "@/portal/features/access/people";
import { useDraft } from "@/portal/features/install/draft";

interface Props {
  portalId: string;
  connected: boolean;
  /** What was chosen before somebody came back. */
  before: Chosen | null;
  onSubmit: (chosen: Chosen) => void;
}

/** The second step: who may talk to the bot. Whoever comes back, or opens the wizard again, finds the choice. */
export function PeopleStep({ portalId, connected, before, onSubmit }: Props) {
  const { t } = useTranslation();
  const allowed = useAllowed();
  const [draft, setDraft] = useDraft(portalId);
  const [changed, setChanged] = useState(before);
  const chosen =
    changed ?? (allowed.data ? chosenOf(draft.length ? { ...allowed.data, user_ids: draft } : allowed.data) : nobody);
  const choose = (people: Chosen) => {
    setChanged(people);
    setDraft([...people.keys()]);
  };
  return (
    <Stack gap="md">
      {connected && (
        <Group gap="xs" wrap="nowrap">
          <ThemeIcon color="teal" variant="light" radius="xl" size={24}>
            <CheckIcon size={16} />
          </ThemeIcon>
          <Text size="sm" fw={500}>
            {t("install.people.connected")}
          </Text>
        </Group>
      )}
      <div>
        <Announced>{t("install.people.title")}</Announced>
        <Text c="dimmed">{t("install.people.text")}</Text>
      </div>
      {allowed.isPending && <Skeleton height={320} radius="md" aria-hidden />}
      {allowed.isError && <ProblemNotice problem={allowed.error} onRetry={() => void allowed.refetch()} />}
      {allowed.data && (
        <>
          <EmployeeChooser chosen={chosen} onChange={choose} />
          <Group justify="flex-end" gap="sm">
            {chosen.size === 0 && (
              <Text size="sm" c="dimmed">
                {t("install.people.nobody")}
              </Text>
            )}
            <Button size="md" disabled={chosen.size === 0} onClick={() => onSubmit(chosen)}>
              {t("install.people.submit")}
            </Button>
          </Group>
        </>
      )}
    </Stack>
  );
}
