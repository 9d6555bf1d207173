import { Button, Group, Stack, Textarea, TextInput } from "@mantine/core";
import { type KeyboardEvent, type SyntheticEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { ProblemNotice } from "@/portal/components/problem-notice";
import { useWrite } from "@/portal/features/answers/answers";

interface Props {
  question?: string;
  answer?: string;
  /** The answer that is changed; a new one without. */
  id?: string;
  /** The message that called for it. */
  messageId?: string;
  onClose: () => void;
}

/** A question and the answer to it: it wins over documents as soon as it is saved. */
export function AnswerForm({ question = "", answer = "", id, messageId, onClose }: Props) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState(question);
  const [said, setSaid] = useState(answer);
  const write = useWrite(id);
  const first = useRef<HTMLTextAreaElement>(null);
  useEffect(() => first.current?.focus({ preventScroll: true }), []);
  const body = { question: asked.trim(), answer: said.trim(), from_message_id: messageId ?? null };
  const submit = (event?: SyntheticEvent) => {
    event?.preventDefault();
    if (body.question && body.answer && !write.isPending) write.mutate(body, { onSuccess: onClose });
  };
  const escape = ({ key }: KeyboardEvent) => {
    if (key === "Escape" && !write.isPending) onClose();
  };
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Escape leaves any of its fields
    <form onSubmit={submit} onKeyDown={escape}>
      <Stack gap="sm">
        <TextInput
          label={t("questions.question")}
          value={asked}
          maxLength={1000}
          onChange={({ currentTarget }) => setAsked(currentTarget.value)}
        />
        <Textarea
          ref={first}
          label={t("questions.answer")}
          description={t("questions.answer_text")}
          autosize
          minRows={3}
          maxRows={12}
          value={said}
          maxLength={8000}
          onChange={({ currentTarget }) => setSaid(currentTarget.value)}
        />
        <Group gap="xs">
          <Button type="submit" size="sm" loading={write.isPending} disabled={!body.question || !body.answer}>
            {t("questions.save")}
          </Button>
          <Button size="sm" variant="default" disabled={write.isPending} onClick={onClose}>
            {t("questions.cancel")}
          </Button>
        </Group>
        {write.isError && <ProblemNotice problem={write.error} onRetry={() => submit()} />}
      </Stack>
    </form>
  );
}
