import { Button, EmptyState, Skeleton, Stack, VisuallyHidden } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { ClockIcon } from "@/portal/components/icons";
import classes from "@/portal/components/layout.module.css";
import { Page } from "@/portal/components/page";
import { ProblemNotice } from "@/portal/components/problem-notice";
import { useSurroundings } from "@/portal/context";
import { EmployeePage } from "@/portal/features/employee/employee-page";
import { Wizard } from "@/portal/features/install/wizard";
import { OverviewPage } from "@/portal/features/overview/overview-page";
import { Problem } from "@/shared/problem";

const MISSING = new Set(["not_installed", "portal_not_found"]);

/** The page that the gateway named, as soon as Bitrix24 has said who looks at it. */
export function App() {
  const { boot, portal } = useSurroundings();
  const ready = useQuery({
    queryKey: ["portal"],
    queryFn: async () => {
      await portal.init();
      return (await portal.auth()).domain;
    },
    retry: false,
    staleTime: Infinity,
  });
  if (ready.isPending) return <Opening />;
  if (ready.isError) return <Failed problem={ready.error} onRetry={() => void ready.refetch()} />;
  if (boot.page === "install") return <Wizard domain={ready.data} onDone={() => portal.installFinish()} />;
  return <Main />;
}

/** The app of an installed portal: an administrator's page or an employee's. */
function Main() {
  const { session } = useSurroundings();
  const queries = useQueryClient();
  const opened = useQuery({ queryKey: ["session"], queryFn: () => session.open(), staleTime: Infinity });
  const again = () => void opened.refetch();
  if (opened.isPending) return <Opening />;
  if (opened.isError) {
    const missing = opened.error instanceof Problem && MISSING.has(opened.error.code);
    return missing ? <NotInstalled onCheck={again} /> : <Failed problem={opened.error} onRetry={again} />;
  }
  const { portal, user } = opened.data;
  if (portal.status === "installing") {
    // Bitrix24 has heard of the end of the installation, or this page would not open: installFinish is not for us here.
    if (user.is_admin) return <Wizard domain={portal.domain} onDone={() => void queries.resetQueries()} />;
    return <NotInstalled onCheck={again} domain={portal.domain} />;
  }
  return user.is_admin ? <OverviewPage domain={portal.domain} /> : <EmployeePage session={opened.data} />;
}

function Opening() {
  const { t } = useTranslation();
  return (
    <Page>
      <VisuallyHidden role="status">{t("common.loading")}</VisuallyHidden>
      <Skeleton height={104} radius="lg" aria-hidden />
      <Skeleton height={240} radius="lg" aria-hidden />
    </Page>
  );
}

function Failed({ problem, onRetry }: { problem: unknown; onRetry: () => void }) {
  return (
    <Page narrow>
      <ProblemNotice problem={problem} onRetry={onRetry} />
    </Page>
  );
}

function NotInstalled({ onCheck, domain }: { onCheck: () => void; domain?: string }) {
  const { t } = useTranslation();
  return (
    <Page narrow {...(domain && { domain })}>
      <section className={classes.card}>
        <Stack align="center">
          <EmptyState
            variant="light"
            icon={<ClockIcon size={32} />}
            title={t("pending.title")}
            description={t("pending.text")}
          >
            <EmptyState.Actions>
              <Button variant="light" onClick={onCheck}>
                {t("pending.check")}
              </Button>
            </EmptyState.Actions>
          </EmptyState>
        </Stack>
      </section>
    </Page>
  );
}
