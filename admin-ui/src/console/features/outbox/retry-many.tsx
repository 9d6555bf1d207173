import { Alert, Group, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { Confirmed } from "@/console/components/confirm";
import { Loaded } from "@/console/components/loaded";
import { useApi } from "@/console/context";
import { retryMany } from "@/console/features/outbox/queries";
import type { Search } from "@/console/search";
import { useTexts } from "@/console/texts";

/** Send again all dead letters of the list's filter, once it is seen how many they are. */
export function RetryMany({ search }: { search: Search }) {
  const { t } = useTexts();
  const api = useApi();
  const queries = useQueryClient();
  const [isOpen, setOpen] = useState(false);
  const counted = useQuery({
    queryKey: ["outbox", "counted", search],
    queryFn: () => retryMany(api, search, true),
    enabled: isOpen,
  });
  const action = useMutation({
    mutationFn: () => retryMany(api, search, false),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["outbox"] }),
  });
  const ignored = search.trace_id ? <Text size="sm">{t("outbox.many_not_by_trace")}</Text> : null;
  return (
    <Group mb="sm">
      <Confirmed
        label={t("outbox.many")}
        title={t("outbox.many_title")}
        action={action}
        ready={!counted.isFetching && Boolean(counted.data?.matched)}
        onOpen={() => setOpen(true)}
      >
        <Text size="sm">{t("outbox.many_what")}</Text>
        {ignored}
        <Loaded query={counted} height={24}>
          {({ matched }) => (
            <Text size="sm" fw={600} role="status">
              {t("outbox.matched", { count: matched })}
            </Text>
          )}
        </Loaded>
      </Confirmed>
      {action.data && (
        <Alert color="teal" variant="light" role="status" py="xs">
          {t("outbox.many_done", { count: action.data.retried })}
          {action.data.remaining > 0 && ` ${t("outbox.many_left", { count: action.data.remaining })}`}
        </Alert>
      )}
    </Group>
  );
}
