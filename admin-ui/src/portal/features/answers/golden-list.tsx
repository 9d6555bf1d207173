import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { type SyntheticEvent, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Golden, GoldenAnswer } from "@/portal/api";
import { TrashIcon } from "@/portal/components/icons";
import { ProblemNotice } from "@/portal/components/problem-notice";
import { useChangeGolden, useGolden } from "@/portal/features/answers/answers";
import classes from "@/portal/features/answers/answers.module.css";
import { QuestionList } from "@/portal/features/answers/question-list";
import { Marked } from "@/portal/features/knowledge/marked";

/** Questions that are asked again whenever documents change: those whose answer is another now say so. */
export function GoldenList() {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const change = useChangeGolden();
  const question = typed.trim();
  const add = (event?: SyntheticEvent) => {
    event?.preventDefault();
    if (question && !change.add.isPending) change.add.mutate(question, { onSuccess: () => setTyped("") });
  };
  return (
    <Stack gap="md">
      <form onSubmit={add} className={classes.add}>
        <TextInput
          label={t("questions.watch")}
          description={t("questions.watch_text")}
          value={typed}
          maxLength={1000}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <Button type="submit" loading={change.add.isPending} disabled={!question}>
          {t("questions.watch_add")}
        </Button>
      </form>
      {change.add.isError && <ProblemNotice problem={change.add.error} onRetry={() => add()} />}
      <QuestionList
        label={t("questions.tab.golden")}
        found={useGolden()}
        empty={t("questions.empty.golden")}
        row={(one) => <Row one={one} />}
      />
    </Stack>
  );
}

function Row({ one }: { one: Golden }) {
  const { t } = useTranslation();
  const { accept, remove } = useChangeGolden();
  return (
    <Stack gap="xs">
      <Text size="sm" fw={600} className={classes.said ?? ""}>
        {one.question}
      </Text>
      {!one.current && (
        <Text size="sm" c="dimmed" role="status">
          {t("questions.being_asked")}
        </Text>
      )}
      {one.current && !one.is_changed && <Version answer={one.current} />}
      {one.current && one.accepted && one.is_changed && (
        <div className={classes.versions}>
          <Version title={t("questions.was")} answer={one.accepted} />
          <Version title={t("questions.is_now")} answer={one.current} />
        </div>
      )}
      <Group gap="xs">
        {one.is_changed && (
          <Button size="compact-sm" loading={accept.isPending} onClick={() => accept.mutate(one.id)}>
            {t("questions.accept")}
          </Button>
        )}
        <Button
          size="compact-sm"
          variant="subtle"
          color="red"
          leftSection={<TrashIcon size={16} />}
          loading={remove.isPending}
          onClick={() => remove.mutate(one.id)}
        >
          {t("questions.delete")}
        </Button>
      </Group>
      {accept.isError && <ProblemNotice problem={accept.error} onRetry={() => accept.mutate(one.id)} />}
      {remove.isError && <ProblemNotice problem={remove.error} onRetry={() => remove.mutate(one.id)} />}
    </Stack>
  );
}

function Version({ title, answer }: { title?: string; answer: GoldenAnswer }) {
  return (
    <div>
      {title && (
        <Text size="sm" fw={600}>
          {title}
        </Text>
      )}
      <Marked text={answer.answer} />
      <Text size="sm" c="dimmed">
        {[...new Set(answer.sources.map(({ filename }) => filename))].join(", ")}
      </Text>
    </div>
  );
}
