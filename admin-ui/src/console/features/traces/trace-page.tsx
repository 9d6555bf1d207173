import { Badge, Button, EmptyState, Group, Stack, Text, Timeline } from "@mantine/core";
import { IconRouteOff } from "@tabler/icons-react";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { Facts } from "@/console/components/facts";
import { PortalLink } from "@/console/components/ids";
import classes from "@/console/components/layout.module.css";
import { Loaded } from "@/console/components/loaded";
import { Moment } from "@/console/components/moment";
import { PageHead } from "@/console/components/page-head";
import { useApi } from "@/console/context";
import { useId } from "@/console/search";
import { useTexts, useWord } from "@/console/texts";
import { type Api, told } from "@/shared/api";
import type { components } from "@/shared/schema";

type Step = components["schemas"]["TraceStep"];

const BAD = new Set(["refused", "failed", "limited"]);

const trace = (api: Api, trace_id: string) =>
  queryOptions({
    queryKey: ["trace", trace_id],
    queryFn: () => told(api.GET("/v1/admin/traces/{trace_id}", { params: { path: { trace_id } } })),
  });

/** The way of one message through all services. */
export function TracePage() {
  const { t } = useTexts();
  const id = useId();
  return (
    <>
      <PageHead title={t("trace.title")} about={id} aside={<LogsLink id={id} />} />
      <Loaded query={useQuery(trace(useApi(), id))}>
        {({ steps, portal_id }) =>
          steps.length ? (
            <Stack>
              <Facts facts={[[t("columns.portal"), <PortalLink id={portal_id} />]]} />
              <Steps steps={steps} />
            </Stack>
          ) : (
            <EmptyState
              variant="light"
              icon={<IconRouteOff size={32} />}
              title={t("trace.empty")}
              description={t("trace.empty_why")}
            />
          )
        }
      </Loaded>
    </>
  );
}

function LogsLink({ id }: { id: string }) {
  const { t } = useTexts();
  return (
    <Button
      variant="default"
      size="compact-sm"
      renderRoot={(props: object) => <Link to="/logs" search={{ trace_id: id }} {...props} />}
    >
      {t("logs.of_trace")}
    </Button>
  );
}

function Steps({ steps }: { steps: Step[] }) {
  const { t } = useTexts();
  const readable = useWord();
  const named = ({ step }: Step) => readable("step", step);
  const begun = Date.parse(steps[0]?.at ?? "");
  return (
    <Timeline active={steps.length} bulletSize={14} lineWidth={2}>
      {steps.map((step, index) => (
        <Timeline.Item
          key={index}
          color={BAD.has(step.step) ? "red" : "azure"}
          title={
            <Group gap="xs">
              <Text fw={600}>{named(step)}</Text>
              <Badge variant="default" tt="none">
                {step.service}
              </Badge>
              <Text size="sm" c="dimmed">
                {t("trace.after", { ms: Date.parse(step.at) - begun })}
              </Text>
            </Group>
          }
        >
          <Text size="xs" c="dimmed">
            <Moment at={step.at} />
            {step.took_ms > 0 && ` · ${t("trace.took", { ms: step.took_ms })}`}
          </Text>
          <Detail detail={step.detail} />
        </Timeline.Item>
      ))}
    </Timeline>
  );
}

function Detail({ detail }: { detail: Step["detail"] }) {
  const known = Object.entries(detail).filter(([, value]) => value !== "");
  return (
    <Text size="sm" className={classes.breaks ?? ""}>
      {known.map(([name, value]) => `${name}: ${text(value)}`).join(" · ")}
    </Text>
  );
}

const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
