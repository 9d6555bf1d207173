import { Button, Skeleton, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { ProblemNotice } from "@/portal/components/problem-notice";
import classes from "@/portal/features/answers/answers.module.css";

interface Found<Item> {
  data: Item[] | undefined;
  error: unknown;
  refetch: () => unknown;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

interface Props<Item> {
  label: string;
  found: Found<Item>;
  /** What is said where there is nothing. */
  empty: string;
  row: (item: Item) => ReactNode;
}

/** A list that comes page by page. */
export function QuestionList<Item extends { id: string }>({ label, found, empty, row }: Props<Item>) {
  const { t } = useTranslation();
  if (!found.data) {
    if (found.error) return <ProblemNotice problem={found.error} onRetry={() => void found.refetch()} />;
    return <Skeleton height={96} radius="md" aria-hidden />;
  }
  if (!found.data.length) {
    return (
      <Text c="dimmed" size="sm">
        {empty}
      </Text>
    );
  }
  return (
    <Stack gap="sm">
      <ul className={classes.list} aria-label={label}>
        {found.data.map((item) => (
          <li key={item.id}>{row(item)}</li>
        ))}
      </ul>
      {found.hasNextPage && (
        <Button variant="default" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t("questions.more")}
        </Button>
      )}
    </Stack>
  );
}
