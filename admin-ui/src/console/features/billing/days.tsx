import "@mantine/dates/styles.layer.css";
import "dayjs/locale/ru";

import { DatePickerInput, DatesProvider } from "@mantine/dates";
import { useState } from "react";

import { useCalendarLabels } from "@/console/components/calendar";
import { useFilters } from "@/console/search";
import { useTexts } from "@/console/texts";

type Range = [string | null, string | null];

/** The days that a page is about, which live in the address. */
export function Days() {
  const { t, i18n } = useTexts();
  const labels = useCalendarLabels();
  const [search, change] = useFilters();
  const [begun, setBegun] = useState<Range>();
  const pick = (range: Range) => {
    const isHalf = Boolean(range[0]) !== Boolean(range[1]);
    setBegun(isHalf ? range : undefined);
    if (!isHalf) change({ since: range[0] ?? undefined, until: range[1] ?? undefined });
  };
  return (
    <DatesProvider settings={{ locale: i18n.language, firstDayOfWeek: 1 }}>
      <DatePickerInput
        ariaLabels={labels}
        type="range"
        allowSingleDateInRange
        label={t("billing.days")}
        placeholder={t("billing.last_30")}
        valueFormat="DD.MM.YYYY"
        value={begun ?? [search.since ?? null, search.until ?? null]}
        onChange={pick}
        maxDate={new Date()}
        clearable
        w={260}
      />
    </DatesProvider>
  );
}
