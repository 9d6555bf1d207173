import { Skeleton, Text, ThemeIcon, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { SessionOpened, Status } from "@/portal/api";
import { ChatIcon, ClockIcon } from "@/portal/components/icons";
import classes from "@/portal/components/layout.module.css";
import { Page } from "@/portal/components/page";
import { ProblemNotice } from "@/portal/components/problem-notice";
import { AskCard } from "@/portal/features/knowledge/parts";
import { HowToCard } from "@/portal/features/overview/how-to-card";
import { botWorks, useStatus } from "@/portal/features/overview/status";
import { UsageCard } from "@/portal/features/overview/usage-card";

/** What an employee without administrator rights sees: whether the bot is for him, how to write to it, his usage. */
export function EmployeePage({ session }: { session: SessionOpened }) {
  const { t } = useTranslation();
  const status = useStatus();
  const { name } = session.user;
  return (
    <Page domain={session.portal.domain} narrow>
      <Title order={1}>{name ? t("employee.hello", { name }) : t("employee.hello_nameless")}</Title>
      {status.isPending && <Skeleton height={104} radius="lg" aria-hidden />}
      {status.isError && !status.data && <ProblemNotice problem={status.error} onRetry={() => void status.refetch()} />}
      {status.data && <Standing status={status.data} />}
      {status.data?.user.allowed && <AskCard own />}
      {status.data?.user.allowed && <HowToCard />}
      {status.data?.user.allowed && <UsageCard own />}
    </Page>
  );
}

function Standing({ status }: { status: Status }) {
  const { t } = useTranslation();
  const found = !status.user.allowed ? "closed" : botWorks(status) ? "open" : "resting";
  return (
    <section className={classes.card} aria-labelledby="standing">
      <div className={classes.verdict}>
        <ThemeIcon size={48} radius="xl" variant="light" color={found === "open" ? "teal" : "orange"}>
          {found === "open" ? <ChatIcon size={26} /> : <ClockIcon size={26} />}
        </ThemeIcon>
        <div className={classes.shrinks}>
          <Title order={2} id="standing">
            {t(`employee.${found}`)}
          </Title>
          <Text c="dimmed">{t(`employee.${found}_text`)}</Text>
        </div>
      </div>
    </section>
  );
}
