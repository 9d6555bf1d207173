import { useMutation } from "@tanstack/react-query";

import type { Answer, Found } from "@/portal/api";
import { useSurroundings } from "@/portal/context";
import { told } from "@/portal/session";

const SHOWN = 5;

export interface Told {
  question: string;
  answer: Answer;
  /** What was looked at; absent where only the answer was asked for, or came. */
  found: Found[] | undefined;
}

/** Ask as in the messenger, and `withFound` for the passages besides: without them the answer is still one. */
export function useAsk(withFound: boolean, onTold: (told: Told) => void) {
  const { api } = useSurroundings().session;
  return useMutation({
    mutationFn: async (question: string): Promise<Told> => {
      const passages = withFound
        ? told(api.POST("/v1/portal/kb/search", { body: { query: question, limit: SHOWN } })).catch(() => undefined)
        : undefined;
      const answer = await told(api.POST("/v1/portal/kb/ask", { body: { question } }));
      return { question, answer, found: (await passages)?.items };
    },
    onSuccess: onTold,
  });
}

/** Whether an answer says nothing but its quotes, which are then shown instead of it. */
export const isQuoted = ({ answer, citations }: Answer): boolean =>
  answer.trim() === citations.map(({ quote }) => quote.trim()).join("\n\n");
