import { Combobox, Group, Loader, Skeleton, Stack } from "@mantine/core";
import { useIntersection } from "@mantine/hooks";
import { type ReactNode, useEffect, useState } from "react";

import classes from "@/portal/features/access/chooser.module.css";

const AHEAD = "300px"; // more rows are asked for before the last one is seen

interface Props {
  id: string;
  /** What a row is of: its id stands in `data-employee` or `data-department`. */
  of: "employee" | "department";
  label: string;
  onToggle: (id: number) => void;
  /** Whether there are more rows than shown. */
  hasMore: boolean;
  /** What brings them; absent while they cannot come. */
  onEnd: (() => void) | undefined;
  children: ReactNode;
}

/** The list of a search: rows, and a mark after the last one that asks for more when it comes into view. */
export function Rows({ id, of, label, onToggle, hasMore, onEnd, children }: Props) {
  const [list, setList] = useState<HTMLElement | null>(null);
  const { ref: end, entry } = useIntersection({ root: list, rootMargin: AHEAD });
  const near = entry?.isIntersecting ?? false;
  useEffect(() => {
    if (near && hasMore) onEnd?.();
  }, [near, hasMore, onEnd]);
  return (
    <Combobox.Options
      ref={setList}
      id={id}
      aria-label={label}
      aria-multiselectable
      onClick={({ target }) => {
        const row = target instanceof Element ? target.closest<HTMLElement>(`[data-${of}]`) : null;
        if (row) onToggle(Number(row.dataset[of]));
      }}
      className={classes.list ?? ""}
    >
      {children}
      {hasMore && (
        <div ref={end} role="presentation" className={classes.more}>
          <Loader size="sm" aria-hidden />
        </div>
      )}
    </Combobox.Options>
  );
}

/** The place of a list that has not come yet. */
export function WaitingRows() {
  return (
    <Stack gap="md" p="md" aria-hidden="true" className={classes.list ?? ""}>
      {Array.from({ length: 6 }, (_, row) => (
        <Group key={row} gap="sm" wrap="nowrap">
          <Skeleton circle height={36} />
          <Skeleton height={14} radius="xl" />
        </Group>
      ))}
    </Stack>
  );
}
