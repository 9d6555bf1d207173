import { Alert, Group, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
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
  const [cause, setCause] = useState("");
  const [settled] = useDebouncedValue(cause.trim(), 400);
  const [isOpen, setOpen] = useState(false);
  const counted = useQuery({
    queryKey: ["outbox", "counted", search, settled],
    queryFn: () => retryMany(api, search, settled, true),
    enabled: isOpen,
  });
  const action = useMutation({
    mutationFn: () => retryMany(api, search, settled, false),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["outbox"] }),
  });
  const isCurrent = settled === cause.trim() && !counted.isFetching;
  const ignored = search.trace_id ? <Text size="sm">{t("outbox.many_not_by_trace")}</Text> : null;
  return (
    <Group mb="sm">
      <Confirmed
        label={t("outbox.many")}
        title={t("outbox.many_title")}
        action={action}
        ready={isCurrent && Boolean(counted.data?.matched)}
        onOpen={() => setOpen(true)}
      >
        <TextInput
          label={t("outbox.many_cause")}
          description={t("outbox.many_cause_what")}
          value={cause}
          onChange={(event) => setCause(event.currentTarget.value)}
        />
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
