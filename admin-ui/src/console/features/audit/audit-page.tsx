import { PageHead } from "@/console/components/page-head";
import { AuditList } from "@/console/features/audit/audit-list";
import { useTexts } from "@/console/texts";

export function AuditPage() {
  const { t } = useTexts();
  return (
    <>
      <PageHead title={t("places.audit")} />
      <AuditList />
    </>
  );
}
