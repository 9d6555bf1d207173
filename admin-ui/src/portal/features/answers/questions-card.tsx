import { Tabs } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { AlertIcon } from "@/portal/components/icons";
import { Card } from "@/portal/components/page";
import { CuratedList } from "@/portal/features/answers/curated-list";
import { GoldenList } from "@/portal/features/answers/golden-list";
import { UnsatisfiedList } from "@/portal/features/answers/unsatisfied-list";

const TABS = ["unanswered", "badly_rated", "curated", "golden"] as const;
type Tab = (typeof TABS)[number];

/** What people asked in vain or thought badly answered, the answers written to that, and questions that are watched. */
export function QuestionsCard() {
  const { t } = useTranslation();
  const [tab, setTab] = useState<Tab>("unanswered");
  return (
    <Card title={t("questions.title")} icon={<AlertIcon />}>
      <Tabs
        value={tab}
        onChange={(value) => setTab(TABS.find((one) => one === value) ?? "unanswered")}
        keepMounted={false}
      >
        <Tabs.List aria-label={t("questions.title")} mb="md">
          {TABS.map((one) => (
            <Tabs.Tab key={one} value={one}>
              {t(`questions.tab.${one}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="unanswered">
          <UnsatisfiedList kind="unanswered" />
        </Tabs.Panel>
        <Tabs.Panel value="badly_rated">
          <UnsatisfiedList kind="badly_rated" />
        </Tabs.Panel>
        <Tabs.Panel value="curated">
          <CuratedList />
        </Tabs.Panel>
        <Tabs.Panel value="golden">
          <GoldenList />
        </Tabs.Panel>
      </Tabs>
    </Card>
  );
}
