/** Sums of money: the API has minor units (kopecks, cents), a person reads and types major ones. */

/** How many minor units make one, as a power of ten. */
function digits(currency: string): number {
  const { maximumFractionDigits } = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions();
  return maximumFractionDigits ?? 2;
}

export const toMajor = (minor: number, currency: string): number => minor / 10 ** digits(currency);

export const toMinor = (major: number, currency: string): number => Math.round(major * 10 ** digits(currency));

/** A sum in the currency's own sign, or without one where the currency is not known. */
export function money(minor: number, currency: string | null, language: string): string {
  const format: Intl.NumberFormatOptions = currency ? { style: "currency", currency } : { minimumFractionDigits: 2 };
  return new Intl.NumberFormat(language, format).format(toMajor(minor, currency ?? "RUB"));
}

/** Costs come in millionths of the minor unit. */
export const ofMicro = (micro: number): number => micro / 1_000_000;

/** Price less cost, in minor units; nothing where one of both is not known. */
export function margin(sum: { price_minor: number | null; cost_micro: number; currency: string | null }) {
  return sum.price_minor === null || !sum.currency ? null : sum.price_minor - ofMicro(sum.cost_micro);
}
