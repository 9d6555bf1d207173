/** A plan as a person types it: money in major units, a limit that is empty is none. */
import { FEATURES, LIMITS, type LimitName, type Plan, type PlanChange } from "@/console/features/billing/queries";
import { toMajor, toMinor } from "@/console/money";

export interface PlanDraft {
  code: string;
  name_ru: string;
  name_en: string;
  price: number;
  currency: string;
  period: "month" | "year";
  limits: Partial<Record<LimitName, number>>;
  soft: LimitName[];
  features: NonNullable<PlanChange["features"]>;
  trial_days: number;
  grace_days: number;
}

const EMPTY: PlanDraft = {
  code: "",
  name_ru: "",
  name_en: "",
  price: 0,
  currency: "RUB",
  period: "month",
  limits: {},
  soft: [],
  features: [...FEATURES],
  trial_days: 0,
  grace_days: 14,
};

export function draftOf(plan?: Plan): PlanDraft {
  if (!plan) return EMPTY;
  return {
    ...plan,
    price: toMajor(plan.price_minor, plan.currency),
    period: plan.period === "year" ? "year" : "month",
    soft: LIMITS.filter((name) => plan.soft_limits.includes(name)),
    features: FEATURES.filter((name) => plan.features.includes(name)),
  };
}

/** The draft as the API takes it: a limit that is none cannot be soft. */
export const planOf = (draft: PlanDraft): PlanChange => ({
  code: draft.code,
  name_ru: draft.name_ru.trim(),
  name_en: draft.name_en.trim(),
  price_minor: toMinor(draft.price, draft.currency),
  currency: draft.currency,
  period: draft.period,
  limits: draft.limits,
  features: draft.features,
  soft_limits: draft.soft.filter((name) => draft.limits[name] !== undefined),
  trial_days: draft.trial_days,
  grace_days: draft.grace_days,
});

export const isReady = ({ code, name_ru, name_en }: PlanDraft): boolean =>
  /^[a-z][a-z0-9_-]{0,49}$/.test(code) && Boolean(name_ru.trim() && name_en.trim());
