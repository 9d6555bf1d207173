import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";

import { PageHead } from "@/console/components/page-head";
import { useTexts } from "@/console/texts";

/** An address that leads nowhere. */
export function NotFound() {
  const { t } = useTexts();
  return (
    <>
      <PageHead title={t("not_found.title")} about={t("not_found.text")} />
      <Button component={Link} to="/" variant="light">
        {t("not_found.home")}
      </Button>
    </>
  );
}
