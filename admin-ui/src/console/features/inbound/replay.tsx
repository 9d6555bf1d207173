import { Button, Group, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { Card } from "@/console/components/card";
import { Confirmed } from "@/console/components/confirm";
import { Facts } from "@/console/components/facts";
import { ProblemNotice } from "@/console/components/problem-notice";
import { Word } from "@/console/components/word";
import { useApi } from "@/console/context";
import { type Judgement, replay, type Replayed } from "@/console/features/inbound/queries";
import { useTexts } from "@/console/texts";

/** What would come of the request today, and then having it so. */
export function Replay({ id }: { id: string }) {
  const { t } = useTexts();
  const api = useApi();
  const queries = useQueryClient();
  const look = useMutation({ mutationFn: () => replay(api, id, true) });
  const act = useMutation({
    mutationFn: () => replay(api, id, false),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["inbound_events"] }),
  });
  const shown = act.data ?? look.data;
  return (
    <Card title={t("replay.title")}>
      <Text size="sm">{t("replay.what")}</Text>
      {look.isError && <ProblemNotice problem={look.error} />}
      {shown && <Difference replayed={shown} />}
      <Group gap="xs">
        <Button variant="default" size="compact-sm" loading={look.isPending} onClick={() => look.mutate()}>
          {t("replay.look")}
        </Button>
        {look.data?.would.changes && !act.data && (
          <Confirmed label={t("replay.act")} title={t("replay.sure")} action={act}>
            <Text size="sm">{look.data.would.answers ? t("replay.answers") : t("replay.answers_not")}</Text>
          </Confirmed>
        )}
      </Group>
    </Card>
  );
}

function Difference({ replayed: { old, new: fresh, would, dry_run } }: { replayed: Replayed }) {
  const { t } = useTexts();
  return (
    <Facts
      facts={[
        [t("replay.old"), <Judged judgement={old} />],
        [dry_run ? t("replay.new") : t("replay.became"), <Judged judgement={fresh} />],
        [t("replay.judged"), <Judged judgement={would.judged} />],
        [t("replay.changes"), would.changes ? t("common.yes") : t("common.no")],
      ]}
    />
  );
}

function Judged({ judgement: { outcome, reason } }: { judgement: Judgement }) {
  return (
    <Group gap="xs">
      <Word kind="outcome" word={outcome} />
      {reason}
    </Group>
  );
}
