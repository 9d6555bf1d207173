import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Curated } from "@/portal/api";
import { TrashIcon } from "@/portal/components/icons";
import { ProblemNotice } from "@/portal/components/problem-notice";
import { AnswerForm } from "@/portal/features/answers/answer-form";
import { useCurated, useDeleteCurated } from "@/portal/features/answers/answers";
import classes from "@/portal/features/answers/answers.module.css";
import { QuestionList } from "@/portal/features/answers/question-list";

/** Answers written by hand: they win over documents. */
export function CuratedList() {
  const { t } = useTranslation();
  const [isWriting, setIsWriting] = useState(false);
  return (
    <Stack gap="md">
      {isWriting ? (
        <AnswerForm onClose={() => setIsWriting(false)} />
      ) : (
        <Group>
          <Button size="sm" onClick={() => setIsWriting(true)}>
            {t("questions.write_new")}
          </Button>
        </Group>
      )}
      <QuestionList
        label={t("questions.tab.curated")}
        found={useCurated()}
        empty={t("questions.empty.curated")}
        row={(one) => <Row one={one} />}
      />
    </Stack>
  );
}

function Row({ one }: { one: Curated }) {
  const { t } = useTranslation();
  const [isChanging, setIsChanging] = useState(false);
  const remove = useDeleteCurated(one.id);
  if (isChanging) {
    return <AnswerForm id={one.id} question={one.question} answer={one.answer} onClose={() => setIsChanging(false)} />;
  }
  return (
    <Stack gap="xs">
      <Text size="sm" fw={600} className={classes.said ?? ""}>
        {one.question}
      </Text>
      <Text size="sm" className={classes.said ?? ""}>
        {one.answer}
      </Text>
      <Group gap="xs">
        <Button size="compact-sm" variant="default" onClick={() => setIsChanging(true)}>
          {t("questions.change")}
        </Button>
        <Button
          size="compact-sm"
          variant="subtle"
          color="red"
          leftSection={<TrashIcon size={16} />}
          loading={remove.isPending}
          onClick={() => remove.mutate()}
        >
          {t("questions.delete")}
        </Button>
      </Group>
      {remove.isError && <ProblemNotice problem={remove.error} onRetry={() => remove.mutate()} />}
    </Stack>
  );
}
