import { Stack } from "@mantine/core";

import classes from "@/portal/components/layout.module.css";
import { Page } from "@/portal/components/page";
import { AccessCard } from "@/portal/features/access/access-card";
import { BotCard } from "@/portal/features/overview/bot-card";
import { HowToCard } from "@/portal/features/overview/how-to-card";
import { UsageCard } from "@/portal/features/overview/usage-card";

/** An administrator's page. */
export function OverviewPage({ domain }: { domain: string }) {
  return (
    <Page domain={domain}>
      <BotCard />
      <div className={classes.columns}>
        <AccessCard />
        <Stack gap="md">
          <HowToCard />
          <UsageCard />
        </Stack>
      </div>
    </Page>
  );
}
