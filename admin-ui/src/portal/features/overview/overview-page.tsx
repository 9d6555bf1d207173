import { Stack } from "@mantine/core";

import classes from "@/portal/components/layout.module.css";
import { later } from "@/portal/components/later";
import { Page } from "@/portal/components/page";
import { AccessCard } from "@/portal/features/access/access-card";
import { AnswerSettingsCard, QuestionsCard } from "@/portal/features/answers/parts";
import { AskCard, KnowledgeCard } from "@/portal/features/knowledge/parts";
import { BotCard } from "@/portal/features/overview/bot-card";
import { HowToCard } from "@/portal/features/overview/how-to-card";
import { UsageCard } from "@/portal/features/overview/usage-card";

const SettingsCard = later("settings", 300, () =>
  import("@/portal/features/settings/settings-card").then((part) => part.SettingsCard),
);

/** An administrator's page. */
export function OverviewPage({ domain }: { domain: string }) {
  return (
    <Page domain={domain}>
      <BotCard />
      <div className={classes.columns}>
        <Stack gap="md">
          <KnowledgeCard />
          <AskCard />
          <QuestionsCard />
          <AccessCard />
        </Stack>
        <Stack gap="md">
          <HowToCard />
          <UsageCard />
          <SettingsCard />
          <AnswerSettingsCard />
        </Stack>
      </div>
    </Page>
  );
}
