import { Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { Confirmed } from "@/console/components/confirm";
import { useApi } from "@/console/context";
import { useBillingChange } from "@/console/features/billing/changes";
import { changeSubscription, type Detail } from "@/console/features/billing/portal/queries";
import { listPlans } from "@/console/features/billing/queries";
import { useTexts } from "@/console/texts";

/** Move a portal to the current version of a plan. */
export function ChangePlan({ detail }: { detail: Detail }) {
  const { t, i18n } = useTexts();
  const api = useApi();
  const { data } = useQuery(listPlans(api));
  const [code, setCode] = useState<string | null>(null);
  const [at, setAt] = useState<"now" | "next_period">("now");
  const [reason, setReason] = useState("");
  const action = useBillingChange((once) =>
    changeSubscription(
      api,
      detail.portal_id,
      once({ ...(code ? { plan_code: code } : {}), at, reason: reason.trim() }),
    ),
  );
  return (
    <Confirmed
      label={t("billing.change_plan")}
      title={t("billing.change_plan")}
      action={action}
      ready={Boolean(code)}
      onOpen={() => setCode(null)}
    >
      <Select
        label={t("billing.new_plan_of")}
        data={(data?.items ?? []).map((plan) => ({
          value: plan.code,
          label: t("billing.plan_version", {
            name: i18n.language === "ru" ? plan.name_ru : plan.name_en,
            version: plan.version,
          }),
        }))}
        value={code}
        onChange={setCode}
      />
      <Select
        label={t("billing.when")}
        data={[
          { value: "now", label: t("billing.now") },
          { value: "next_period", label: t("billing.next_period") },
        ]}
        value={at}
        onChange={(chosen) => setAt(chosen === "next_period" ? "next_period" : "now")}
        allowDeselect={false}
      />
      <Reason value={reason} onChange={setReason} />
    </Confirmed>
  );
}

/** Why something is changed, for the history. */
export function Reason({ value, onChange }: { value: string; onChange: (reason: string) => void }) {
  const { t } = useTexts();
  return (
    <TextInput
      label={t("billing.reason")}
      description={t("billing.reason_what")}
      maxLength={500}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
