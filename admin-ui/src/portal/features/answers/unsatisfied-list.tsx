import { Button, Group, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Unsatisfied, UnsatisfiedKind } from "@/portal/api";
import { AnswerForm } from "@/portal/features/answers/answer-form";
import { useUnsatisfied } from "@/portal/features/answers/answers";
import classes from "@/portal/features/answers/answers.module.css";
import { QuestionList } from "@/portal/features/answers/question-list";
import { momentText } from "@/portal/features/knowledge/formats";

/** Questions that call for an answer. */
export function UnsatisfiedList({ kind }: { kind: UnsatisfiedKind }) {
  const { t } = useTranslation();
  return (
    <QuestionList
      label={t(`questions.tab.${kind}`)}
      found={useUnsatisfied(kind)}
      empty={t(`questions.empty.${kind}`)}
      row={(one) => <Row one={one} />}
    />
  );
}

function Row({ one }: { one: Unsatisfied }) {
  const { t, i18n } = useTranslation();
  const [isWriting, setIsWriting] = useState(false);
  return (
    <Stack gap="xs">
      <Group gap="xs" justify="space-between">
        <Text size="sm" fw={600} className={classes.said ?? ""}>
          {one.question}
        </Text>
        <Text size="xs" c="dimmed">
          {momentText(one.created_at, i18n.language)}
        </Text>
      </Group>
      {one.answer && (
        <Text size="sm" c="dimmed" className={classes.said ?? ""}>
          {withoutCodes(one.answer)}
        </Text>
      )}
      {isWriting ? (
        <AnswerForm question={one.question} messageId={one.id} onClose={() => setIsWriting(false)} />
      ) : (
        <Group>
          <Button size="compact-sm" variant="default" onClick={() => setIsWriting(true)}>
            {t("questions.write")}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

/** An answer as it was sent, without the messenger's BB codes. */
const withoutCodes = (answer: string) => answer.replace(/\[\/?[a-z]+(=[^\]]*)?\]/gi, "");
