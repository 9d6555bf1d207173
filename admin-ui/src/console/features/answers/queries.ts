import { queryOptions } from "@tanstack/react-query";

import { type Api, told } from "@/shared/api";
import type { components } from "@/shared/schema";

type Schemas = components["schemas"];
export type Chosen = Schemas["AnswerSettingsChosen"];
export type Draft = Schemas["GlobalAnswerSettingsChange"];

/** The settings that are one of a few words. */
export const WORDS = {
  tone: ["neutral", "friendly", "formal"],
  strictness: ["strict", "balanced", "lenient"],
  language: ["question", "ru", "en"],
  citations: ["full", "short"],
  embeddings: ["off", "local", "endpoint"],
} as const;

export const answerSettings = (api: Api) =>
  queryOptions({
    queryKey: ["answer_settings"],
    queryFn: () => told(api.GET("/v1/admin/settings/answers")),
  });

/** Replace what was chosen; an `api_key` that is absent stays. */
export const saveAnswerSettings = (api: Api, body: Draft) => told(api.PUT("/v1/admin/settings/answers", { body }));
