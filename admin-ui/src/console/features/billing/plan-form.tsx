import { NumberInput, Select, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import { Confirmed } from "@/console/components/confirm";
import classes from "@/console/components/layout.module.css";
import { useApi } from "@/console/context";
import { changePlan, createPlan, useBillingChange } from "@/console/features/billing/changes";
import { draftOf, isReady, type PlanDraft, planOf } from "@/console/features/billing/plan-draft";
import { PlanLimits } from "@/console/features/billing/plan-limits";
import { CURRENCIES, type Plan } from "@/console/features/billing/queries";
import { useTexts, useWord } from "@/console/texts";

const NAMES = ["name_ru", "name_en"] as const;
const SPANS = ["trial_days", "grace_days"] as const;

/** A new plan, or the next version of one there is. */
export function PlanForm({ current }: { current?: Plan }) {
  const { t } = useTexts();
  const api = useApi();
  const [draft, setDraft] = useState(() => draftOf(current));
  const action = useBillingChange((once) => (current ? changePlan : createPlan)(api, once(planOf(draft))));
  const change = (part: Partial<PlanDraft>) => setDraft((before) => ({ ...before, ...part }));
  const label = current ? t("billing.new_version") : t("billing.new_plan");
  return (
    <Confirmed
      label={label}
      title={label}
      action={action}
      ready={isReady(draft)}
      onOpen={() => setDraft(draftOf(current))}
      size="xl"
    >
      <Stack>
        {current && <Text size="sm">{t("billing.new_version_what")}</Text>}
        <Names draft={draft} change={change} isNew={!current} />
        <Terms draft={draft} change={change} />
        <PlanLimits draft={draft} change={change} />
      </Stack>
    </Confirmed>
  );
}

interface Part {
  draft: PlanDraft;
  change: (part: Partial<PlanDraft>) => void;
}

function Names({ draft, change, isNew }: Part & { isNew: boolean }) {
  const { t } = useTexts();
  return (
    <div className={classes.fields}>
      <TextInput
        label={t("billing.code")}
        description={t("billing.code_what")}
        required
        readOnly={!isNew}
        maxLength={50}
        value={draft.code}
        onChange={(event) => change({ code: event.currentTarget.value })}
      />
      {NAMES.map((name) => (
        <TextInput
          key={name}
          label={t(`billing.plan_${name}`)}
          description={t("billing.name_what")}
          required
          maxLength={100}
          value={draft[name]}
          onChange={(event) => change({ [name]: event.currentTarget.value })}
        />
      ))}
    </div>
  );
}

function Terms({ draft, change }: Part) {
  const { t } = useTexts();
  const readable = useWord();
  return (
    <div className={classes.fields}>
      <NumberInput
        label={t("billing.price")}
        min={0}
        max={1_000_000_000}
        decimalScale={2}
        value={draft.price}
        onChange={(value) => change({ price: Number(value) })}
      />
      <Select
        label={t("billing.currency")}
        data={[...new Set([...CURRENCIES, draft.currency])]}
        value={draft.currency}
        onChange={(currency) => currency && change({ currency })}
        allowDeselect={false}
      />
      <Select
        label={t("billing.period")}
        data={(["month", "year"] as const).map((value) => ({ value, label: readable("period", value) }))}
        value={draft.period}
        onChange={(period) => period && change({ period })}
        allowDeselect={false}
      />
      {SPANS.map((name) => (
        <NumberInput
          key={name}
          label={t(`billing.${name}`)}
          min={0}
          max={366}
          allowDecimal={false}
          value={draft[name]}
          onChange={(value) => change({ [name]: Number(value) })}
        />
      ))}
    </div>
  );
}
