import { Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { Confirmed } from "@/console/components/confirm";
import { useApi } from "@/console/context";
import { requeue, type SetAsideEvent } from "@/console/features/spool/queries";
import { useTexts } from "@/console/texts";
import type { components } from "@/shared/schema";

interface Props {
  event: SetAsideEvent;
  onTaken: (taken: components["schemas"]["Requeued"]) => void;
}

/** Give messaging the event again; refused again it stays, and the dialog says why. */
export function RequeueButton({ event, onTaken }: Props) {
  const { t } = useTexts();
  const api = useApi();
  const queries = useQueryClient();
  const action = useMutation({
    mutationFn: () => requeue(api, event.id),
    onSuccess: (taken) => {
      onTaken(taken);
      return queries.invalidateQueries({ queryKey: ["spool"] });
    },
  });
  return (
    <Confirmed label={t("spool.requeue")} title={t("spool.requeue_title")} action={action}>
      <Text size="sm">{t("spool.requeue_what")}</Text>
    </Confirmed>
  );
}
