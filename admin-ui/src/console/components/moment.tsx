import { Tooltip } from "@mantine/core";

import { useTexts } from "@/console/texts";

const PRECISE: Intl.DateTimeFormatOptions = {
  day: "2-digit",
  month: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
};
const FORMAT: Intl.DateTimeFormatOptions = { dateStyle: "short", timeStyle: "medium" };

interface Props {
  at: string | null | undefined;
  /** To the millisecond, of this year. */
  isPrecise?: boolean;
}

/** A moment in the viewer's zone; in UTC for who points at it. */
export function Moment({ at, isPrecise = false }: Props) {
  const { t, i18n } = useTexts();
  if (!at) return t("common.none");
  const moment = new Date(at);
  return (
    <Tooltip label={moment.toISOString()}>
      <time dateTime={at}>{new Intl.DateTimeFormat(i18n.language, isPrecise ? PRECISE : FORMAT).format(moment)}</time>
    </Tooltip>
  );
}
