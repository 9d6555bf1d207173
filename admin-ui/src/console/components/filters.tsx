import "@mantine/dates/styles.layer.css";

import { Button, Group, Select, TextInput } from "@mantine/core";
import { DatesProvider, DateTimePicker } from "@mantine/dates";
import { useDidUpdate } from "@mantine/hooks";
import { IconFilterOff } from "@tabler/icons-react";
import { useState } from "react";

import { useCalendarLabels } from "@/console/components/calendar";
import en from "@/console/locales/en.json";
import { type Search, useFilters } from "@/console/search";
import { useTexts, useWord } from "@/console/texts";
import "dayjs/locale/ru";

const TIMES = ["since", "until"] as const;

type Name = keyof typeof en.filters;

export interface Filter {
  name: Name;
  /** The words to choose from, and of which kind they are; without them it is a text. */
  words?: readonly string[];
  kind?: string;
  /** What counts where nothing is chosen, if that is not everything. */
  standing?: string;
}

/** The filters of a list, which live in the address; `times`: the list is about moments. */
export function Filters({ filters, times = true }: { filters: readonly Filter[]; times?: boolean }) {
  const { t } = useTexts();
  const [search, change] = useFilters();
  const names = [...filters.map(({ name }) => name), ...TIMES];
  const given = names.filter((name) => search[name]);
  return (
    <Group gap="xs" mb="sm" align="flex-end" role="group" aria-label={t("list.filters")}>
      {filters.map((filter) =>
        filter.words ? (
          <Choice key={filter.name} filter={filter} search={search} onChange={change} />
        ) : (
          <Typed key={filter.name} name={filter.name} search={search} onChange={change} />
        ),
      )}
      {times && <Times search={search} onChange={change} />}
      {given.length > 0 && (
        <Button
          variant="subtle"
          color="gray"
          leftSection={<IconFilterOff size={16} />}
          onClick={() => change(Object.fromEntries(given.map((name) => [name, undefined])))}
        >
          {t("list.reset")}
        </Button>
      )}
    </Group>
  );
}

interface Part {
  search: Search;
  onChange: (changed: Search) => void;
}

function Choice({ filter, search, onChange }: Part & { filter: Filter }) {
  const { t } = useTexts();
  const readable = useWord();
  const data = (filter.words ?? []).map((word) => ({ value: word, label: readable(filter.kind ?? "", word) }));
  return (
    <Select
      label={t(`filters.${filter.name}`)}
      placeholder={t("list.any")}
      data={data}
      value={search[filter.name] ?? filter.standing ?? null}
      onChange={(word) => onChange({ [filter.name]: word ?? undefined })}
      clearable={!filter.standing}
      allowDeselect={!filter.standing}
      w={170}
    />
  );
}

/** A text that counts when it is left, or with Enter. */
function Typed({ name, search, onChange }: Part & { name: Name }) {
  const { t } = useTexts();
  const given = search[name] ?? "";
  const [text, setText] = useState(given);
  useDidUpdate(() => setText(given), [given]);
  const settle = () => {
    if (text.trim() !== given) onChange({ [name]: text.trim() || undefined });
  };
  return (
    <TextInput
      label={t(`filters.${name}`)}
      value={text}
      w={190}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={settle}
      onKeyDown={(event) => {
        if (event.key === "Enter") settle();
      }}
    />
  );
}

function Times({ search, onChange }: Part) {
  const { t, i18n } = useTexts();
  const labels = useCalendarLabels();
  return (
    <DatesProvider settings={{ locale: i18n.language, firstDayOfWeek: 1 }}>
      {TIMES.map((name) => (
        <DateTimePicker
          ariaLabels={labels}
          submitButtonProps={{ "aria-label": t("calendar.done") }}
          timePickerProps={{ "aria-label": t("calendar.time") }}
          key={name}
          label={t(`filters.${name}`)}
          placeholder={t("list.any")}
          valueFormat="DD.MM.YYYY HH:mm"
          value={search[name] ? new Date(search[name]) : null}
          onChange={(value) => onChange({ [name]: value ? new Date(value).toISOString() : undefined })}
          clearable
          w={190}
        />
      ))}
    </DatesProvider>
  );
}
