import { Checkbox, Group, NumberInput, Stack, Switch, Text } from "@mantine/core";

import type { PlanDraft } from "@/console/features/billing/plan-draft";
import { FEATURES, LIMITS, type LimitName } from "@/console/features/billing/queries";
import { useTexts, useWord, useWordsOf } from "@/console/texts";

interface Props {
  draft: PlanDraft;
  change: (part: Partial<PlanDraft>) => void;
}

/** What a plan allows: a limit that is empty is none, over a soft one work goes on. */
export function PlanLimits({ draft, change }: Props) {
  const { t } = useTexts();
  const featureName = useWordsOf("feature");
  return (
    <Stack gap="xs">
      <Text size="sm" c="dimmed">
        {t("billing.limits_what")}
      </Text>
      {LIMITS.map((name) => (
        <Limit key={name} name={name} draft={draft} change={change} />
      ))}
      <Checkbox.Group
        label={t("billing.features")}
        value={draft.features}
        onChange={(chosen) => change({ features: FEATURES.filter((name) => chosen.includes(name)) })}
      >
        <Group mt={4}>
          {FEATURES.map((name) => (
            <Checkbox key={name} value={name} label={featureName(name)} />
          ))}
        </Group>
      </Checkbox.Group>
    </Stack>
  );
}

function Limit({ name, draft, change }: Props & { name: LimitName }) {
  const { t } = useTexts();
  const readable = useWord();
  const { [name]: value, ...others } = draft.limits;
  const label = readable("limit", name);
  return (
    <Group align="flex-end">
      <NumberInput
        label={label}
        placeholder={t("billing.unlimited")}
        min={0}
        allowDecimal={false}
        w={240}
        value={value ?? ""}
        onChange={(typed) => change({ limits: typed === "" ? others : { ...others, [name]: Number(typed) } })}
      />
      <Switch
        label={t("billing.soft")}
        aria-label={`${label}: ${t("billing.soft")}`}
        disabled={value === undefined}
        checked={draft.soft.includes(name)}
        onChange={(event) => {
          const rest = draft.soft.filter((one) => one !== name);
          change({ soft: event.currentTarget.checked ? [...rest, name] : rest });
        }}
        mb={6}
      />
    </Group>
  );
}
