/** Numbers, bytes and durations as a person reads them. */
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
const SPANS = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", Infinity],
] as const;

export const count = (value: number, language: string): string => new Intl.NumberFormat(language).format(value);

export function bytes(value: number, language: string): string {
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), UNITS.length - 1);
  return measure(value / 1000 ** power, UNITS[power] ?? "byte", language);
}

/** Seconds in the largest unit of which there is one. */
export function duration(seconds: number, language: string): string {
  let left = seconds;
  for (const [unit, size] of SPANS) {
    if (left < size) return measure(left, unit, language);
    left /= size;
  }
  return "";
}

function measure(value: number, unit: string, language: string): string {
  const maximumFractionDigits = value < 10 ? 1 : 0;
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits }).format(
    value,
  );
}
