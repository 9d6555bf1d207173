import { NumberInput, Select, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import { Confirmed } from "@/console/components/confirm";
import { useApi } from "@/console/context";
import { setPrice, useBillingChange } from "@/console/features/billing/changes";
import { CURRENCIES, type ModelPrice } from "@/console/features/billing/queries";
import { toMajor, toMinor } from "@/console/money";
import { useTexts } from "@/console/texts";

const KINDS = ["prompt", "completion"] as const;

/** What a million tokens of a model cost from now on. */
export function PriceForm({ label, model = "", current }: { label: string; model?: string; current?: ModelPrice }) {
  const { t } = useTexts();
  const api = useApi();
  const begin = () => ({
    model,
    currency: current?.currency ?? "RUB",
    prompt: current ? toMajor(current.prompt_minor, current.currency) : 0,
    completion: current ? toMajor(current.completion_minor, current.currency) : 0,
  });
  const [draft, setDraft] = useState(begin);
  const action = useBillingChange(() =>
    setPrice(api, {
      model: draft.model.trim(),
      currency: draft.currency,
      prompt_minor: toMinor(draft.prompt, draft.currency),
      completion_minor: toMinor(draft.completion, draft.currency),
    }),
  );
  return (
    <Confirmed
      label={label}
      title={t("billing.price_title")}
      action={action}
      ready={Boolean(draft.model.trim())}
      onOpen={() => setDraft(begin())}
    >
      <Text size="sm">{t("billing.price_what")}</Text>
      <TextInput
        label={t("billing.model")}
        required
        maxLength={200}
        readOnly={Boolean(model)}
        value={draft.model}
        onChange={(event) => setDraft({ ...draft, model: event.currentTarget.value })}
      />
      {KINDS.map((name) => (
        <NumberInput
          key={name}
          label={t(`billing.${name}_price`)}
          min={0}
          max={10_000_000}
          decimalScale={2}
          value={draft[name]}
          onChange={(value) => setDraft({ ...draft, [name]: Number(value) })}
        />
      ))}
      <Select
        label={t("billing.currency")}
        data={[...new Set([...CURRENCIES, draft.currency])]}
        value={draft.currency}
        onChange={(currency) => currency && setDraft({ ...draft, currency })}
        allowDeselect={false}
      />
    </Confirmed>
  );
}
