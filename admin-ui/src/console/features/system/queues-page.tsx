import { Stack } from "@mantine/core";

import { PageHead } from "@/console/components/page-head";
import { HealthCard } from "@/console/features/system/health-card";
import { PausesCard } from "@/console/features/system/pauses";
import { QueueCard } from "@/console/features/system/queue-card";
import { WorkerCard } from "@/console/features/system/worker-card";
import { useLive } from "@/console/live";
import { useTexts } from "@/console/texts";

/** The product's own parts: what waits, and who is at it. */
export function QueuesPage() {
  useLive();
  const { t } = useTexts();
  return (
    <>
      <PageHead title={t("places.queues")} about={t("system.about")} />
      <Stack>
        <QueueCard />
        <PausesCard />
        <WorkerCard />
        <HealthCard />
      </Stack>
    </>
  );
}
