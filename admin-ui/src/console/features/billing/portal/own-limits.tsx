import { NumberInput, Text } from "@mantine/core";
import { useState } from "react";

import { Confirmed } from "@/console/components/confirm";
import { MomentInput } from "@/console/components/moment-input";
import { useApi } from "@/console/context";
import { useBillingChange } from "@/console/features/billing/changes";
import { Reason } from "@/console/features/billing/portal/change-plan";
import { changeSubscription, type Detail } from "@/console/features/billing/portal/queries";
import { type LimitName, LIMITS } from "@/console/features/billing/queries";
import { useTexts, useWordsOf } from "@/console/texts";

type Own = Partial<Record<LimitName, number>>;

const ownOf = (detail: Detail): Own =>
  Object.fromEntries(
    detail.overrides.filter(({ name }) => LIMITS.some((one) => one === name)).map(({ name, value }) => [name, value]),
  );

/** The limits of one portal instead of its plan's: all of them are said at once. */
export function OwnLimits({ detail }: { detail: Detail }) {
  const { t } = useTexts();
  const limitName = useWordsOf("limit");
  const api = useApi();
  const [own, setOwn] = useState<Own>({});
  const [until, setUntil] = useState<string | null>(null);
  const [reason, setReason] = useState("");
  const action = useBillingChange((once) =>
    changeSubscription(
      api,
      detail.portal_id,
      once({
        at: "now",
        overrides: own,
        overrides_expire_at: until,
        reason: reason.trim(),
      }),
    ),
  );
  const begin = () => {
    setOwn(ownOf(detail));
    setUntil(detail.overrides[0]?.expires_at ?? null);
    setReason(detail.overrides[0]?.reason ?? "");
  };
  const change = (name: LimitName, typed: number | string) => {
    const others = Object.fromEntries(Object.entries(own).filter(([other]) => other !== name));
    setOwn(typed === "" ? others : { ...others, [name]: Number(typed) });
  };
  return (
    <Confirmed
      label={t("billing.own_limits")}
      title={t("billing.overrides")}
      action={action}
      ready={Boolean(reason.trim())}
      onOpen={begin}
    >
      <Text size="sm">{t("billing.own_limits_what")}</Text>
      {LIMITS.map((name) => (
        <NumberInput
          key={name}
          label={limitName(name)}
          placeholder={t("billing.as_in_plan")}
          min={0}
          allowDecimal={false}
          value={own[name] ?? ""}
          onChange={(typed) => change(name, typed)}
        />
      ))}
      <MomentInput label={t("billing.expires")} value={until} onChange={setUntil} />
      <Reason value={reason} onChange={setReason} />
    </Confirmed>
  );
}
