import { Tabs } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";

import { PageHead } from "@/console/components/page-head";
import { InboundList } from "@/console/features/inbound/inbound-list";
import { StorageTab } from "@/console/features/inbound/storage-tab";
import { useFilters } from "@/console/search";
import { useTexts } from "@/console/texts";

const TABS = ["requests", "storage"] as const;

/** The blackbox: every request to the events address, and how much of it is kept. */
export function InboundPage() {
  const { t } = useTexts();
  const navigate = useNavigate();
  const [{ tab = "requests" }] = useFilters();
  return (
    <>
      <PageHead title={t("places.inbound_events")} about={t("inbound.about")} />
      <Tabs
        value={tab}
        onChange={(chosen) => void navigate({ to: ".", search: { tab: chosen ?? undefined } })}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          {TABS.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {t(`inbound.tabs.${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="requests">
          <InboundList />
        </Tabs.Panel>
        <Tabs.Panel value="storage">
          <StorageTab />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
