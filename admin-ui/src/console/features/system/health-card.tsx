import { Alert, Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";

import { Card } from "@/console/components/card";
import classes from "@/console/components/layout.module.css";
import { Loaded } from "@/console/components/loaded";
import { Word } from "@/console/components/word";
import { useApi } from "@/console/context";
import { type Place, PlaceLink } from "@/console/features/system/place-link";
import { type Component, systemHealth } from "@/console/features/system/queries";
import { useSaid } from "@/console/said";
import { useTexts, useWord } from "@/console/texts";

const COLORS = { failing: "red", warning: "orange", unknown: "orange", ok: "teal" } as const;

/** How each part of the product is, the worst first; what is not well says why and what to do. */
export function HealthCard() {
  const { t } = useTexts();
  return (
    <Loaded query={useQuery(systemHealth(useApi()))}>
      {({ status, components }) => (
        <Card title={t("system.health")} aside={<Word kind="system_status" word={status} />}>
          {components.filter(isUnwell).map((part) => (
            <Unwell key={part.kind + part.name} part={part} />
          ))}
          <ul className={classes.parts}>
            {components.map((part) => (
              <li key={part.kind + part.name}>
                <Group gap="xs" wrap="nowrap" justify="space-between">
                  <PlaceLink place={placeOf(part)}>
                    <Named part={part} />
                  </PlaceLink>
                  <Word kind="component_state" word={part.state} />
                </Group>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </Loaded>
  );
}

const isUnwell = ({ state }: Component) => state !== "ok";

function Unwell({ part }: { part: Component }) {
  const said = useSaid();
  return (
    <Alert
      color={COLORS[part.state]}
      variant="light"
      icon={<IconAlertTriangle />}
      role={part.state === "failing" ? "alert" : "status"}
      title={<Named part={part} />}
    >
      <Stack gap={2}>
        <Text size="sm">{said(part.cause)}</Text>
        <Text size="sm">{said(part.next_step)}</Text>
      </Stack>
    </Alert>
  );
}

function Named({ part: { kind, name } }: { part: Component }) {
  const readable = useWord();
  return readable(kind === "queue" || kind === "spool" ? "queue" : "component", name);
}

function placeOf({ kind, name }: Component): Place {
  if (kind === "spool") return { to: "/spool" };
  if (kind === "service") return { to: "/logs", search: { service: name } };
  if (kind === "worker") return { to: "/logs", search: { stream: "worker", service: name } };
  return { to: "/queues" };
}
