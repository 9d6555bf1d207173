import { Button, Group, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";

import { Loaded } from "@/console/components/loaded";
import { PageHead } from "@/console/components/page-head";
import { Word } from "@/console/components/word";
import { useApi, useRole } from "@/console/context";
import { AuditList } from "@/console/features/audit/audit-list";
import { BillingTab } from "@/console/features/billing/portal/billing-tab";
import { DialogList } from "@/console/features/dialogs/dialog-list";
import { OutboxList } from "@/console/features/outbox/outbox-list";
import { DangerTab } from "@/console/features/portals/danger-tab";
import { DiagnosticsTab } from "@/console/features/portals/diagnostics-tab";
import { OverviewTab } from "@/console/features/portals/overview-tab";
import { AccessTab } from "@/console/features/portals/parts/access-tab";
import { KnowledgeTab } from "@/console/features/portals/parts/knowledge-tab";
import { LifeTab } from "@/console/features/portals/parts/life-tab";
import { SettingsTab } from "@/console/features/portals/parts/settings-tab";
import { onePortal, type Portal } from "@/console/features/portals/queries";
import { useFilters, useId } from "@/console/search";
import { useTexts } from "@/console/texts";

const TABS = [
  "overview",
  "access",
  "dialogs",
  "outbox",
  "knowledge",
  "billing",
  "settings",
  "diagnostics",
  "life",
  "audit",
  "danger",
] as const;
const FOR_OPERATORS = new Set<string>(["diagnostics", "danger"]);

/** Everything about one portal. */
export function PortalPage() {
  const id = useId();
  return <Loaded query={useQuery(onePortal(useApi(), id))}>{(portal) => <Known portal={portal} />}</Loaded>;
}

function Known({ portal }: { portal: Portal }) {
  const { t } = useTexts();
  const { mayChange } = useRole();
  const navigate = useNavigate();
  const [{ tab = "overview" }] = useFilters();
  const shown = TABS.filter((name) => mayChange || !FOR_OPERATORS.has(name));
  return (
    <>
      <PageHead
        title={portal.domain}
        about={portal.id}
        aside={
          <Group gap="xs">
            <Word kind="portal_status" word={portal.status} />
            <Word kind="health" word={portal.health} />
            <Button
              variant="default"
              size="compact-sm"
              renderRoot={(props: object) => <Link to="/logs" search={{ portal_id: portal.id }} {...props} />}
            >
              {t("logs.of_portal")}
            </Button>
          </Group>
        }
      />
      <Tabs
        value={tab}
        onChange={(chosen) => void navigate({ to: ".", search: { tab: chosen ?? undefined } })}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          {shown.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {t(`portal.tabs.${name}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="overview">
          <OverviewTab portal={portal} />
        </Tabs.Panel>
        <Tabs.Panel value="access">
          <AccessTab portal={portal} />
        </Tabs.Panel>
        <Tabs.Panel value="knowledge">
          <KnowledgeTab portalId={portal.id} />
        </Tabs.Panel>
        <Tabs.Panel value="settings">
          <SettingsTab portal={portal} />
        </Tabs.Panel>
        <Tabs.Panel value="life">
          <LifeTab portalId={portal.id} />
        </Tabs.Panel>
        <Tabs.Panel value="dialogs">
          <DialogList portalId={portal.id} />
        </Tabs.Panel>
        <Tabs.Panel value="outbox">
          <OutboxList portalId={portal.id} />
        </Tabs.Panel>
        <Tabs.Panel value="billing">
          <BillingTab portalId={portal.id} />
        </Tabs.Panel>
        <Tabs.Panel value="diagnostics">
          <DiagnosticsTab portalId={portal.id} />
        </Tabs.Panel>
        <Tabs.Panel value="audit">
          <AuditList portalId={portal.id} />
        </Tabs.Panel>
        <Tabs.Panel value="danger">
          <DangerTab portal={portal} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}
