import "@mantine/dates/styles.layer.css";
import "dayjs/locale/ru";

import { DatesProvider, DateTimePicker } from "@mantine/dates";

import { useCalendarLabels } from "@/console/components/calendar";
import { useTexts } from "@/console/texts";

interface Props {
  label: string;
  description?: string;
  value: string | null;
  onChange: (at: string | null) => void;
}

/** A moment to be chosen, as the API writes one. */
export function MomentInput({ label, description, value, onChange }: Props) {
  const { t, i18n } = useTexts();
  const labels = useCalendarLabels();
  return (
    <DatesProvider settings={{ locale: i18n.language, firstDayOfWeek: 1 }}>
      <DateTimePicker
        ariaLabels={labels}
        submitButtonProps={{ "aria-label": t("calendar.done") }}
        timePickerProps={{ "aria-label": t("calendar.time") }}
        label={label}
        description={description}
        placeholder={t("billing.never")}
        valueFormat="DD.MM.YYYY HH:mm"
        value={value ? new Date(value) : null}
        onChange={(chosen) => onChange(chosen ? new Date(chosen).toISOString() : null)}
        clearable
      />
    </DatesProvider>
  );
}
