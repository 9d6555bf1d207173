import { QueryClient } from "@tanstack/react-query";

import { Problem } from "@/shared/problem";

const TRIES = 3;

/** Reads are repeated where that may help; what was refused is not asked again. */
export const queryClient = () =>
  new QueryClient({
    defaultOptions: {
      queries: {
        networkMode: "always",
        staleTime: 10_000,
        retry: (failures, error) => error instanceof Problem && error.passing && failures < TRIES - 1,
      },
      mutations: { networkMode: "always" },
    },
  });
