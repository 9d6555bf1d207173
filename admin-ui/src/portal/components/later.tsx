import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ComponentType, createElement } from "react";

import { ProblemNotice } from "@/portal/components/problem-notice";
import { useSurroundings } from "@/portal/context";
import { Problem } from "@/shared/problem";

/**
 * A component with a file of its own, loaded when it is first shown: the first load stays small. A file that does not
 * come is mostly one that a newer release has replaced, so the way to try again is to open the page anew.
 */
export function later<Props extends object>(
  name: string,
  height: number,
  load: () => Promise<ComponentType<Props>>,
): ComponentType<Props> {
  return function Later(props: Props) {
    const { portal } = useSurroundings();
    const part = useQuery({
      queryKey: ["part", name],
      queryFn: () =>
        load().catch(() => {
          throw new Problem("part_missing", "");
        }),
      retry: false,
      staleTime: Infinity,
      gcTime: Infinity,
    });
    if (part.isPending) return <Skeleton height={height} radius="lg" aria-hidden />;
    if (part.isError) return <ProblemNotice problem={part.error} onRetry={() => portal.reload()} />;
    return createElement(part.data, props);
  };
}
