import type { CalendarAriaLabels } from "@mantine/dates";

import { useTexts } from "@/console/texts";

/** What the arrows of a calendar say to who does not see them. */
export function useCalendarLabels(): CalendarAriaLabels {
  const { t } = useTexts();
  return {
    previousMonth: t("calendar.previous_month"),
    nextMonth: t("calendar.next_month"),
    previousYear: t("calendar.previous_year"),
    nextYear: t("calendar.next_year"),
    previousDecade: t("calendar.previous_decade"),
    nextDecade: t("calendar.next_decade"),
  };
}
