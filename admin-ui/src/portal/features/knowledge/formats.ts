/** Sizes and moments in a reader's language. */

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
const STEP = 1024;

/** "1.2 MB": three digits at the most that matter. */
export function sizeText(bytes: number, language: string): string {
  let [value, power] = [bytes, 0];
  while (value >= STEP - 0.5 && power < UNITS.length - 1) [value, power] = [value / STEP, power + 1];
  const format = new Intl.NumberFormat(language, {
    style: "unit",
    unit: UNITS[power] ?? "byte",
    unitDisplay: power > 0 ? "short" : "long",
    maximumFractionDigits: power > 0 && value < 10 ? 1 : 0,
  });
  return format.format(value).replaceAll(" ", "\u00a0"); // the number stays with its unit
}

/** "26 Nov, 22:30"; with the year where it is another one. */
export function momentText(moment: string, language: string, now = new Date()): string {
  const at = new Date(moment);
  return new Intl.DateTimeFormat(language, {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    ...(at.getFullYear() !== now.getFullYear() && { year: "numeric" }),
  }).format(at);
}

/** What the tile before a file's name says: "PDF". */
export function kindOf(filename: string): string {
  const ending = /\.([\p{L}\p{N}]{1,5})$/u.exec(filename)?.[1] ?? "";
  return ending.toUpperCase();
}
