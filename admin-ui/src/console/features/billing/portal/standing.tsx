import { Text } from "@mantine/core";
import { useState } from "react";

import { Confirmed } from "@/console/components/confirm";
import { MomentInput } from "@/console/components/moment-input";
import { useApi } from "@/console/context";
import { useBillingChange } from "@/console/features/billing/changes";
import { Reason } from "@/console/features/billing/portal/change-plan";
import { changeSubscription, type Detail } from "@/console/features/billing/portal/queries";
import { useTexts } from "@/console/texts";

interface Props {
  detail: Detail;
}

/** Until when a portal has paid. */
export function PaidUntil({ detail }: Props) {
  const { t } = useTexts();
  const api = useApi();
  const [paid, setPaid] = useState(detail.paid_until);
  const [reason, setReason] = useState("");
  const action = useBillingChange((once) =>
    changeSubscription(api, detail.portal_id, once({ at: "now", paid_until: paid, reason: reason.trim() })),
  );
  return (
    <Confirmed
      label={t("billing.set_paid")}
      title={t("billing.set_paid")}
      action={action}
      onOpen={() => setPaid(detail.paid_until)}
    >
      <MomentInput
        label={t("billing.set_paid")}
        description={t("billing.set_paid_what")}
        value={paid}
        onChange={setPaid}
      />
      <Reason value={reason} onChange={setReason} />
    </Confirmed>
  );
}

/** Suspend the subscription, or resume it: by hand, whatever was paid. */
export function Suspension({ detail }: Props) {
  const { t } = useTexts();
  const api = useApi();
  const isSuspended = detail.suspended_at !== null;
  const [reason, setReason] = useState("");
  const action = useBillingChange((once) =>
    changeSubscription(api, detail.portal_id, once({ at: "now", suspended: !isSuspended, reason: reason.trim() })),
  );
  const label = isSuspended ? t("billing.resume") : t("billing.suspend");
  return (
    <Confirmed
      label={label}
      title={label}
      action={action}
      danger={!isSuspended}
      ready={Boolean(reason.trim())}
      onOpen={() => setReason("")}
    >
      <Text size="sm">{isSuspended ? t("billing.resume_what") : t("billing.suspend_what")}</Text>
      <Reason value={reason} onChange={setReason} />
    </Confirmed>
  );
}
