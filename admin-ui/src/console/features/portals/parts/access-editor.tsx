import { Button, CheckIcon, Group, MultiSelect, Select, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import classes from "@/console/components/layout.module.css";
import { ProblemNotice } from "@/console/components/problem-notice";
import { useApi } from "@/console/context";
import { accessOf, MODES, useAccessChange } from "@/console/features/portals/parts/access-change";
import { type Access, departments } from "@/console/features/portals/parts/queries";
import type { Portal } from "@/console/features/portals/queries";
import { useTexts, useWord } from "@/console/texts";

/** How it is decided who may talk to the bot. One person is let in by their row of the list. */
export function AccessEditor({ portal }: { portal: Portal }) {
  const { t } = useTexts();
  const readable = useWord();
  const [draft, setDraft] = useState<Partial<Access>>({});
  const saving = useAccessChange(portal.id, (now, changed: Partial<Access>) => ({ ...now, ...changed }));
  const { mode, user_ids, department_ids } = { ...accessOf(portal), ...draft };
  const byDepartments = mode === "departments";
  const change = (part: Partial<Access>) => {
    saving.reset();
    setDraft({ ...draft, ...part });
  };
  // Departments that were picked on the way to another mode are not saved along.
  const save = () => saving.mutate(byDepartments ? draft : { mode }, { onSuccess: () => setDraft({}) });
  return (
    <>
      <div className={classes.fields}>
        <Select
          label={t("access.mode")}
          data={MODES.map((value) => ({ value, label: readable("access", value) }))}
          allowDeselect={false}
          value={mode}
          onChange={(value) => change({ mode: MODES.find((one) => one === value) ?? mode })}
        />
      </div>
      {byDepartments && (
        <DepartmentChoice
          portalId={portal.id}
          chosen={department_ids}
          onChange={(ids) => change({ department_ids: ids })}
        />
      )}
      {mode === "list" && portal.access.mode !== "list" && !user_ids.length && (
        <Text size="sm">{t("access.nobody")}</Text>
      )}
      {saving.isError && <ProblemNotice problem={saving.error} />}
      <Group>
        <Button
          size="sm"
          loading={saving.isPending}
          disabled={!Object.keys(draft).length || (byDepartments && !department_ids.length)}
          onClick={save}
        >
          {t("common.save")}
        </Button>
        {saving.isSuccess && (
          <Text size="sm" role="status">
            {t("common.saved")}
          </Text>
        )}
      </Group>
    </>
  );
}

interface Choice {
  portalId: string;
  chosen: number[];
  onChange: (ids: number[]) => void;
}

/** Departments by name; two of one name are told apart by what they are in. */
function DepartmentChoice({ portalId, chosen, onChange }: Choice) {
  const { t } = useTexts();
  const { data, isPending, isError, error, refetch } = useQuery(departments(useApi(), portalId));
  const known = new Map(data?.items.map((one) => [String(one.id), one]));
  const around = (id: string) => known.get(String(known.get(id)?.parent_id))?.name;
  if (isError && !data) return <ProblemNotice problem={error} onRetry={() => void refetch()} />;
  return (
    <MultiSelect
      label={t("portal.access_departments")}
      description={t("access.departments_what")}
      data={[...known].map(([value, { name }]) => ({ value, label: name || value }))}
      renderOption={({ option, checked }) => (
        <Group gap="xs" wrap="nowrap">
          {checked && <CheckIcon size={12} />}
          <div>
            {option.label}
            <Text size="xs" c="dimmed">
              {around(option.value)}
            </Text>
          </div>
        </Group>
      )}
      searchable
      limit={100}
      withScrollArea={false} // the list box itself scrolls, as the arrow keys do in it
      styles={{ options: { maxHeight: "15rem", overflowY: "auto" } }}
      nothingFoundMessage={t("access.no_department")}
      loading={isPending}
      value={chosen.map(String)}
      onChange={(ids) => onChange(ids.map(Number))}
    />
  );
}
