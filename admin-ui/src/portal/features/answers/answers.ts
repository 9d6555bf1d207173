/** Every request about how questions are answered, and about those that were answered badly. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import type { AnswerSettings, CuratedChange, UnsatisfiedKind } from "@/portal/api";
import { useSurroundings } from "@/portal/context";
import { told } from "@/portal/session";

const PAGE = 10;
const POLL_MS = 2000;

/** What the administrator chose, and what counts. */
export function useAnswerSettings() {
  const { api } = useSurroundings().session;
  return useQuery({ queryKey: ["answer-settings"], queryFn: () => told(api.GET("/v1/portal/kb/settings")) });
}

/** Save all choices: the server replaces them. */
export function useSaveAnswerSettings() {
  const { api } = useSurroundings().session;
  const queries = useQueryClient();
  return useMutation({
    scope: { id: "answer-settings" },
    mutationFn: (own: AnswerSettings) => told(api.PUT("/v1/portal/kb/settings", { body: own })),
    onSuccess: (saved) => queries.setQueryData(["answer-settings"], saved),
  });
}

/** Questions without an answer, or with one that somebody thought bad, newest first. */
export function useUnsatisfied(kind: UnsatisfiedKind) {
  const { api } = useSurroundings().session;
  return useInfiniteQuery({
    queryKey: ["unsatisfied", kind],
    queryFn: ({ pageParam }) =>
      told(api.GET("/v1/portal/kb/unsatisfied", { params: { query: { kind, ...page(pageParam) } } })),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    select: ({ pages }) => pages.flatMap(({ items }) => items),
  });
}

/** Answers written by hand, newest first. */
export function useCurated() {
  const { api } = useSurroundings().session;
  return useInfiniteQuery({
    queryKey: ["curated"],
    queryFn: ({ pageParam }) => told(api.GET("/v1/portal/kb/curated", { params: { query: page(pageParam) } })),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    select: ({ pages }) => pages.flatMap(({ items }) => items),
  });
}

/** Write an answer by hand, or change the one with this id. */
export function useWrite(id?: string) {
  const { api } = useSurroundings().session;
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: CuratedChange) =>
      told(
        id
          ? api.PUT("/v1/portal/kb/curated/{curated_id}", { body, params: { path: { curated_id: id } } })
          : api.POST("/v1/portal/kb/curated", { body }),
      ),
    onSuccess: () =>
      Promise.all(["curated", "unsatisfied"].map((name) => queries.invalidateQueries({ queryKey: [name] }))),
  });
}

/** Delete an answer written by hand. */
export function useDeleteCurated(id: string) {
  const { api } = useSurroundings().session;
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const asked = api.DELETE("/v1/portal/kb/curated/{curated_id}", { params: { path: { curated_id: id } } });
      await told(asked.then(({ error, response }) => ({ data: {}, error, response })));
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["curated"] }),
  });
}

/** Questions that are asked again when documents change; looked at again while one was not asked yet. */
export function useGolden() {
  const { api } = useSurroundings().session;
  return useInfiniteQuery({
    queryKey: ["golden"],
    queryFn: ({ pageParam }) => told(api.GET("/v1/portal/kb/golden", { params: { query: page(pageParam) } })),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ items }) => items.some(({ current }) => !current)) ? POLL_MS : false,
    select: ({ pages }) => pages.flatMap(({ items }) => items),
  });
}

/** Add a question, take its present answer as right, or ask it no more. */
export function useChangeGolden() {
  const { api } = useSurroundings().session;
  const queries = useQueryClient();
  const onSuccess = () => queries.invalidateQueries({ queryKey: ["golden"] });
  const path = (golden_id: string) => ({ params: { path: { golden_id } } });
  return {
    add: useMutation({
      mutationFn: (question: string) => told(api.POST("/v1/portal/kb/golden", { body: { question } })),
      onSuccess,
    }),
    accept: useMutation({
      mutationFn: (id: string) => told(api.POST("/v1/portal/kb/golden/{golden_id}/accept", path(id))),
      onSuccess,
    }),
    remove: useMutation({
      mutationFn: async (id: string) => {
        const asked = api.DELETE("/v1/portal/kb/golden/{golden_id}", path(id));
        await told(asked.then(({ error, response }) => ({ data: {}, error, response })));
      },
      onSuccess,
    }),
  };
}

const page = (cursor: string) => ({ limit: PAGE, ...(cursor && { cursor }) });
