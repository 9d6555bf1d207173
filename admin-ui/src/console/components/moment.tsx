import { Tooltip } from "@mantine/core";

import { useTexts } from "@/console/texts";

const FORMAT: Intl.DateTimeFormatOptions = { dateStyle: "short", timeStyle: "medium" };

/** A moment in the viewer's zone; in UTC for who points at it. */
export function Moment({ at }: { at: string | null | undefined }) {
  const { t, i18n } = useTexts();
  if (!at) return t("common.none");
  const moment = new Date(at);
  return (
    <Tooltip label={moment.toISOString()}>
      <time dateTime={at}>{new Intl.DateTimeFormat(i18n.language, FORMAT).format(moment)}</time>
    </Tooltip>
  );
}
