import { Skeleton } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { ProblemNotice } from "@/console/components/problem-notice";
import { useTexts } from "@/console/texts";

interface Props<Data> {
  query: UseQueryResult<Data>;
  height?: number;
  children: (data: Data) => ReactNode;
}

/** What was asked for, while it is on its way, and where it did not come. */
export function Loaded<Data>({ query, height = 160, children }: Props<Data>) {
  const { t } = useTexts();
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <ProblemNotice problem={query.error} onRetry={() => void query.refetch()} />;
  return <Skeleton height={height} radius="lg" role="status" aria-label={t("common.loading")} />;
}
