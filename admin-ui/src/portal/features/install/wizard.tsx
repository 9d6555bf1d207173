import { Stack, Stepper, Text, Title, VisuallyHidden } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Installed } from "@/portal/api";
import classes from "@/portal/components/layout.module.css";
import { Page } from "@/portal/components/page";
import { useSurroundings } from "@/portal/context";
import type { Chosen } from "@/portal/features/access/people";
import { ConnectStep } from "@/portal/features/install/connect-step";
import { useDraft } from "@/portal/features/install/draft";
import { FinishStep } from "@/portal/features/install/finish-step";
import { KnowledgeStep } from "@/portal/features/install/knowledge-step";
import { PeopleStep } from "@/portal/features/install/people-step";
import { told } from "@/portal/session";

const STEPS = ["connect", "people", "knowledge", "finish"] as const;

const hasBot = ({ bot }: Installed) => bot.bot_id_present && bot.status === "registered";

interface Props {
  domain: string;
  /** What leads into the app when everything is done. */
  onDone: () => void;
}

/** The installation, from the first contact to the app. Nothing in it minds being done again. */
export function Wizard({ domain, onDone }: Props) {
  const { t } = useTranslation();
  const { session } = useSurroundings();
  const [withoutBot, setWithoutBot] = useState(false);
  const connect = useQuery({
    queryKey: ["install"],
    queryFn: () => session.install(),
    retry: false,
    staleTime: Infinity,
  });
  const [, , forgetDraft] = useDraft(connect.data?.portal_id ?? "");
  const finalize = useMutation({
    mutationFn: ({ portal_id, chosen }: { portal_id: string; chosen: Chosen }) =>
      told(
        session.api.POST("/v1/bitrix/install/finalize", {
          body: { portal_id, selected_user_ids: [...chosen.keys()] },
        }),
      ),
    onSuccess: forgetDraft,
  });
  const installed = connect.data && (hasBot(connect.data) || withoutBot) ? connect.data : undefined;
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [isChoosing, setChoosing] = useState(true);
  const step = !installed ? 0 : !finalize.isIdle ? 3 : isChoosing ? 1 : 2;
  return (
    <Page domain={domain} narrow>
      <div>
        <Title order={1}>{t("install.title")}</Title>
        <Text c="dimmed">{t("install.lead")}</Text>
      </div>
      <Steps step={step} />
      {step !== 2 && (
        <section className={classes.card}>
          <Stack gap="md">
            {!installed && <ConnectStep connect={connect} onSkip={() => setWithoutBot(true)} />}
            {installed && step === 1 && (
              <PeopleStep
                portalId={installed.portal_id}
                connected={hasBot(installed)}
                before={chosen}
                onSubmit={(people) => {
                  setChosen(people);
                  setChoosing(false);
                }}
              />
            )}
            {finalize.variables && step === 3 && (
              <FinishStep
                finalize={finalize}
                people={finalize.variables.chosen}
                onRetry={() => finalize.mutate(finalize.variables)}
                onBack={() => finalize.reset()}
                onDone={onDone}
              />
            )}
          </Stack>
        </section>
      )}
      {installed && chosen && step === 2 && (
        <KnowledgeStep
          onBack={() => setChoosing(true)}
          onSubmit={() => finalize.mutate({ portal_id: installed.portal_id, chosen })}
        />
      )}
    </Page>
  );
}

function Steps({ step }: { step: number }) {
  const { t } = useTranslation();
  return (
    <>
      <VisuallyHidden role="status">{t("install.progress", { step: step + 1, total: STEPS.length })}</VisuallyHidden>
      <Stepper active={step} size="sm" aria-hidden allowNextStepsSelect={false}>
        {STEPS.map((name, index) => (
          <Stepper.Step
            key={name}
            label={t(`install.steps.${name}`)}
            allowStepSelect={false}
            component="div"
            classNames={{ stepBody: classes.stepBody ?? "" }}
            className={index === step ? "" : (classes.stepAhead ?? "")}
          />
        ))}
      </Stepper>
    </>
  );
}
