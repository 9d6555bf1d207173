import { Tabs } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";

import { PageHead } from "@/console/components/page-head";
import { ActivityTab } from "@/console/features/billing/activity-tab";
import { AlertsTab } from "@/console/features/billing/alerts-tab";
import { PlansTab } from "@/console/features/billing/plans-tab";
import { PortalsTab } from "@/console/features/billing/portals-tab";
import { PricesTab } from "@/console/features/billing/prices-tab";
import { UsageTab } from "@/console/features/billing/usage-tab";
import { useFilters } from "@/console/search";
import { useTexts } from "@/console/texts";

const TABS = {
  portals: PortalsTab,
  plans: PlansTab,
  usage: UsageTab,
  alerts: AlertsTab,
  activity: ActivityTab,
  prices: PricesTab,
} as const;
const NAMES = ["portals", "plans", "usage", "alerts", "activity", "prices"] as const;

/** What portals are on, what they use, and what that costs. */
export function BillingPage() {
  const { t } = useTexts();
  const navigate = useNavigate();
  const [{ tab = "portals" }] = useFilters();
  return (
    <>
      <PageHead title={t("places.billing")} about={t("billing.about")} />
      <Tabs
        value={tab}
        onChange={(chosen) => void navigate({ to: ".", search: { tab: chosen ?? undefined } })}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          {NAMES.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {t(`billing.tabs.${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {NAMES.map((name) => {
          const Content = TABS[name];
          return (
            <Tabs.Panel key={name} value={name}>
              <Content />
            </Tabs.Panel>
          );
        })}
      </Tabs>
    </>
  );
}
