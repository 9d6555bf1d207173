import { PageHead } from "@/console/components/page-head";
import { DialogList } from "@/console/features/dialogs/dialog-list";
import { useTexts } from "@/console/texts";

export function DialogsPage() {
  const { t } = useTexts();
  return (
    <>
      <PageHead title={t("places.dialogs")} />
      <DialogList />
    </>
  );
}
