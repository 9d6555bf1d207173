import { Group, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { Loaded } from "@/console/components/loaded";
import { useApi, useRole } from "@/console/context";
import { ChangePlan } from "@/console/features/billing/portal/change-plan";
import { Events } from "@/console/features/billing/portal/events";
import { History } from "@/console/features/billing/portal/history";
import { OwnLimits } from "@/console/features/billing/portal/own-limits";
import { oneSubscription } from "@/console/features/billing/portal/queries";
import { PaidUntil, Suspension } from "@/console/features/billing/portal/standing";
import { StatementCard } from "@/console/features/billing/portal/statement-card";
import { Overrides, SubscriptionCard, UsedNow } from "@/console/features/billing/portal/subscription-card";

/** What a portal is on, what it used, and having that changed. */
export function BillingTab({ portalId }: { portalId: string }) {
  const { mayChange } = useRole();
  return (
    <Loaded query={useQuery(oneSubscription(useApi(), portalId))} height={400}>
      {(detail) => (
        <Stack>
          {mayChange && (
            <Group gap="xs">
              <ChangePlan detail={detail} />
              <OwnLimits detail={detail} />
              <PaidUntil detail={detail} />
              <Suspension detail={detail} />
            </Group>
          )}
          <SubscriptionCard detail={detail} />
          <UsedNow detail={detail} />
          <Overrides detail={detail} />
          <StatementCard portalId={portalId} />
          <History entries={detail.history} />
          <Events portalId={portalId} />
        </Stack>
      )}
    </Loaded>
  );
}
