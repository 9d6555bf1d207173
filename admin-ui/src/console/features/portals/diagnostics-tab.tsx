import { Accordion, Alert, Badge, Button, Group, List, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { Card } from "@/console/components/card";
import { Confirmed } from "@/console/components/confirm";
import { Loaded } from "@/console/components/loaded";
import { Moment } from "@/console/components/moment";
import { Raw } from "@/console/components/raw";
import { Word } from "@/console/components/word";
import { useApi } from "@/console/context";
import { attemptFix, type Check, diagnosis, type Mended } from "@/console/features/portals/diagnosis";
import { useSaid } from "@/console/said";
import { useTexts, useWordsOf } from "@/console/texts";

/** Every check of a portal with its evidence, and having mended what can be mended. */
export function DiagnosticsTab({ portalId }: { portalId: string }) {
  const { t } = useTexts();
  const said = useSaid();
  const api = useApi();
  const queries = useQueryClient();
  const asked = diagnosis(api, portalId);
  const query = useQuery(asked);
  const fix = useMutation({
    mutationFn: () => attemptFix(api, portalId),
    onSuccess: (mended) => {
      queries.setQueryData(asked.queryKey, mended);
      return queries.invalidateQueries({ queryKey: ["portal", portalId] });
    },
  });
  return (
    <Loaded query={query} height={320}>
      {(found) => (
        <Stack>
          <Group>
            <Word kind="health" word={found.health} />
            <Text size="sm" c="dimmed">
              <Moment at={found.checked_at} />
            </Text>
            <Button variant="default" size="compact-sm" loading={query.isFetching} onClick={() => void query.refetch()}>
              {t("diagnosis.again")}
            </Button>
            {found.checks.some(isToFix) && (
              <Confirmed label={t("diagnosis.fix")} title={t("diagnosis.fix_title")} action={fix}>
                <Text size="sm">{t("diagnosis.fix_what")}</Text>
                <List size="sm">
                  {found.checks.filter(isToFix).map((check) => (
                    <List.Item key={check.name}>{said(check.what_would_be_done)}</List.Item>
                  ))}
                </List>
              </Confirmed>
            )}
          </Group>
          {fix.data && <Fixes mended={fix.data} />}
          <Checks checks={found.checks} />
        </Stack>
      )}
    </Loaded>
  );
}

const isToFix = (check: Check) => check.state === "failed" && check.can_fix;

/** What was done, before and after, and what is left for a person. */
function Fixes({ mended }: { mended: Mended }) {
  const { t } = useTexts();
  const said = useSaid();
  const checkName = useWordsOf("check");
  return (
    <Card title={t("diagnosis.done")}>
      {mended.fixes.map((fix) => (
        <Stack key={fix.name} gap={4}>
          <Group gap="xs">
            <Text fw={500}>{checkName(fix.name)}</Text>
            <Word kind="check_state" word={fix.before.state} />
            <Text aria-hidden>{"→"}</Text>
            <Word kind="check_state" word={fix.after.state} />
          </Group>
          <Text size="sm">{said(fix.did) ?? t("diagnosis.nothing_done")}</Text>
          {fix.error && (
            <Text size="sm" c="red">
              {said(fix.error)}
            </Text>
          )}
        </Stack>
      ))}
      {mended.needs_human.length > 0 && (
        <Alert color="orange" variant="light" title={t("diagnosis.needs_human")}>
          <List size="sm">
            {mended.needs_human.map(({ name, what }) => (
              <List.Item key={name}>{said(what)}</List.Item>
            ))}
          </List>
        </Alert>
      )}
    </Card>
  );
}

function Checks({ checks }: { checks: Check[] }) {
  const { t } = useTexts();
  const said = useSaid();
  const checkName = useWordsOf("check");
  const contextName = useWordsOf("component");
  const failed = checks.filter(({ state }) => state === "failed");
  const rest = checks.filter(({ state }) => state !== "failed");
  return (
    <Accordion variant="separated" multiple defaultValue={failed.map(({ name }) => name)}>
      {[...failed, ...rest].map((check) => (
        <Accordion.Item key={check.name} value={check.name}>
          <Accordion.Control>
            <Group gap="xs">
              <Word kind="check_state" word={check.state} />
              <Text fw={500}>{checkName(check.name)}</Text>
              <Badge variant="default" tt="none">
                {contextName(check.context)}
              </Badge>
              <Text size="xs" c="dimmed">
                {check.name}
              </Text>
            </Group>
          </Accordion.Control>
          <Accordion.Panel>
            <Stack gap="xs">
              {check.reason && <Text size="sm">{said(check.reason)}</Text>}
              {check.what_would_be_done && (
                <Text size="sm" c="dimmed">
                  {check.can_fix ? t("diagnosis.by_fix") : t("diagnosis.by_person")} {said(check.what_would_be_done)}
                </Text>
              )}
              <Raw value={check.evidence} label={t("diagnosis.evidence")} />
            </Stack>
          </Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  );
}
