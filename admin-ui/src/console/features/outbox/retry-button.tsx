import { Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { Confirmed } from "@/console/components/confirm";
import { useApi } from "@/console/context";
import { retryOne } from "@/console/features/outbox/queries";
import { useTexts } from "@/console/texts";

/** Send one dead letter again. */
export function RetryButton({ id }: { id: string }) {
  const { t } = useTexts();
  const api = useApi();
  const queries = useQueryClient();
  const action = useMutation({
    mutationFn: () => retryOne(api, id),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["outbox"] }),
  });
  return (
    <Confirmed label={t("outbox.retry")} title={t("outbox.retry_title")} action={action}>
      <Text size="sm">{t("outbox.retry_what")}</Text>
    </Confirmed>
  );
}
