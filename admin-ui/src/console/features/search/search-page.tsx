import { Anchor, EmptyState, Group, List, Text } from "@mantine/core";
import { IconSearchOff } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, Navigate } from "@tanstack/react-router";

import { Loaded } from "@/console/components/loaded";
import { PageHead } from "@/console/components/page-head";
import { Word } from "@/console/components/word";
import { useApi } from "@/console/context";
import { searchFor } from "@/console/features/search/queries";
import { useFilters } from "@/console/search";
import { useTexts } from "@/console/texts";

/** What the search box found; a single find is opened at once. */
export function SearchPage() {
  const { t } = useTexts();
  const [{ q = "" }] = useFilters();
  const query = useQuery(searchFor(useApi(), q));
  return (
    <>
      <PageHead title={t("search.title", { q })} />
      <Loaded query={query}>
        {(hits) =>
          hits.length === 1 && hits[0] ? (
            <Navigate to={hits[0].to} replace />
          ) : hits.length ? (
            <List listStyleType="none" spacing="sm">
              {hits.map(({ kind, to, text }) => (
                <List.Item key={kind + to}>
                  <Group gap="sm">
                    <Word kind="found" word={kind} />
                    <Anchor component={Link} to={to}>
                      {text}
                    </Anchor>
                  </Group>
                </List.Item>
              ))}
            </List>
          ) : (
            <EmptyState
              variant="light"
              icon={<IconSearchOff size={32} />}
              title={t("search.nothing")}
              description={<Text>{t("search.how")}</Text>}
            />
          )
        }
      </Loaded>
    </>
  );
}
