import { PageHead } from "@/console/components/page-head";
import { OutboxList } from "@/console/features/outbox/outbox-list";
import { useTexts } from "@/console/texts";

/** Replies on their way to portals, and those that did not get there. */
export function OutboxPage() {
  const { t } = useTexts();
  return (
    <>
      <PageHead title={t("places.outbox")} about={t("outbox.about")} />
      <OutboxList />
    </>
  );
}
