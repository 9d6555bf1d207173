import { Button, Group, NumberInput, PasswordInput, Select, TagsInput, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { Card } from "@/console/components/card";
import classes from "@/console/components/layout.module.css";
import { ProblemNotice } from "@/console/components/problem-notice";
import { useApi } from "@/console/context";
import { answerSettings, type Chosen, type Draft, saveAnswerSettings, WORDS } from "@/console/features/answers/queries";
import { useTexts, useWord } from "@/console/texts";

const KINDS = {
  tone: "tone",
  strictness: "strictness",
  language: "answer_language",
  citations: "citations",
  embeddings: "embeddings",
} as const;
const NAMES = ["tone", "strictness", "language", "citations", "embeddings"] as const;

/** What is chosen for everybody; what is left empty is the product's own choice. */
export function AnswersForm({ chosen }: { chosen: Chosen }) {
  const { t } = useTexts();
  const readable = useWord();
  const api = useApi();
  const queries = useQueryClient();
  const [draft, setDraft] = useState<Draft>({ ...chosen.own, allowed_base_urls: chosen.allowed_base_urls });
  const saving = useMutation({
    mutationFn: () => saveAnswerSettings(api, draft),
    onSuccess: (saved) => {
      queries.setQueryData(answerSettings(api).queryKey, saved);
      setDraft({ ...saved.own, allowed_base_urls: saved.allowed_base_urls });
    },
  });
  const change = (part: Partial<Draft>) => {
    saving.reset();
    setDraft({ ...draft, ...part });
  };
  const options = { true: t("common.yes"), false: t("common.no") };
  return (
    <Card title={t("answers.choose")}>
      <div className={classes.fields}>
        <Select
          label={t("answers.model_enabled")}
          placeholder={t("answers.not_chosen")}
          data={Object.entries(options).map(([value, label]) => ({ value, label }))}
          value={typeof draft.model_enabled === "boolean" ? String(draft.model_enabled) : null}
          onChange={(value) => change({ model_enabled: value === null ? null : value === "true" })}
          clearable
        />
        {NAMES.map((name) => (
          <Select
            key={name}
            label={t(`answers.${name}`)}
            placeholder={t("answers.not_chosen")}
            data={WORDS[name].map((value) => ({ value, label: readable(KINDS[name], value) }))}
            value={draft[name] ?? null}
            onChange={(value) => change({ [name]: value })}
            clearable
          />
        ))}
        <NumberInput
          label={t("answers.history")}
          placeholder={t("answers.not_chosen")}
          min={0}
          max={10}
          allowDecimal={false}
          value={draft.history ?? ""}
          onChange={(value) => change({ history: value === "" ? null : Number(value) })}
        />
      </div>
      <TextInput
        label={t("answers.base_url")}
        placeholder={t("answers.not_chosen")}
        value={draft.base_url ?? ""}
        onChange={(event) => change({ base_url: event.currentTarget.value || null })}
      />
      <TagsInput
        label={t("answers.models")}
        description={t("answers.models_what")}
        maxTags={5}
        value={draft.models ?? []}
        onChange={(models) => change({ models: models.length ? models : null })}
      />
      <TextInput
        label={t("answers.embedding_model")}
        description={t("answers.embedding_model_what")}
        placeholder={t("answers.not_chosen")}
        value={draft.embedding_model ?? ""}
        onChange={(event) => change({ embedding_model: event.currentTarget.value || null })}
      />
      <PasswordInput
        label={t("answers.api_key")}
        description={chosen.has_api_key ? t("answers.key_stays") : t("answers.key_none")}
        autoComplete="off"
        value={draft.api_key ?? ""}
        onChange={(event) => change({ api_key: event.currentTarget.value || null })}
      />
      <TagsInput
        label={t("answers.allowed_base_urls")}
        description={t("answers.allowed_what")}
        value={draft.allowed_base_urls}
        onChange={(allowed_base_urls) => change({ allowed_base_urls })}
      />
      {saving.isError && <ProblemNotice problem={saving.error} />}
      <Group>
        <Button size="sm" loading={saving.isPending} onClick={() => saving.mutate()}>
          {t("common.save")}
        </Button>
        {saving.isSuccess && (
          <Text size="sm" role="status">
            {t("common.saved")}
          </Text>
        )}
      </Group>
    </Card>
  );
}
