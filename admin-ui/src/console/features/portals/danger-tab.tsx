import { Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { Card } from "@/console/components/card";
import { Confirmed } from "@/console/components/confirm";
import { useApi } from "@/console/context";
import { purge, resume, suspend } from "@/console/features/portals/changes";
import { onePortal, type Portal } from "@/console/features/portals/queries";
import { useTexts } from "@/console/texts";

/** What stops a portal's service, or ends it. */
export function DangerTab({ portal }: { portal: Portal }) {
  const isSuspended = portal.status === "suspended";
  return (
    <Stack>
      {isSuspended ? <Resume portal={portal} /> : <Suspend portal={portal} />}
      <Purge portal={portal} />
    </Stack>
  );
}

/** An action whose answer is the portal as it is after it. */
function useChange(portalId: string, change: () => Promise<Portal>) {
  const queries = useQueryClient();
  const { queryKey } = onePortal(useApi(), portalId);
  return useMutation({
    mutationFn: change,
    onSuccess: (changed) => {
      queries.setQueryData(queryKey, changed);
      return queries.invalidateQueries({ queryKey: ["portals"] });
    },
  });
}

function Suspend({ portal }: { portal: Portal }) {
  const { t } = useTexts();
  const api = useApi();
  const [reason, setReason] = useState("");
  const action = useChange(portal.id, () => suspend(api, portal.id, reason.trim()));
  return (
    <Card title={t("danger.suspend_title")}>
      <Text size="sm">{t("danger.suspend_what")}</Text>
      <div>
        <Confirmed
          label={t("danger.suspend")}
          title={t("danger.suspend_sure", { domain: portal.domain })}
          action={action}
          ready={Boolean(reason.trim())}
          danger
        >
          <TextInput
            label={t("danger.reason")}
            description={t("danger.reason_who")}
            required
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        </Confirmed>
      </div>
    </Card>
  );
}

function Resume({ portal }: { portal: Portal }) {
  const { t } = useTexts();
  const api = useApi();
  const action = useChange(portal.id, () => resume(api, portal.id));
  return (
    <Card title={t("danger.resume_title")}>
      <Text size="sm">{portal.suspended_reason}</Text>
      <div>
        <Confirmed
          label={t("danger.resume")}
          title={t("danger.resume_sure", { domain: portal.domain })}
          action={action}
        >
          <Text size="sm">{t("danger.resume_what")}</Text>
        </Confirmed>
      </div>
    </Card>
  );
}

function Purge({ portal }: { portal: Portal }) {
  const { t } = useTexts();
  const api = useApi();
  const [typed, setTyped] = useState("");
  const action = useChange(portal.id, () => purge(api, portal.id));
  return (
    <Card title={t("danger.purge_title")}>
      <Text size="sm">{t("danger.purge_what")}</Text>
      <div>
        <Confirmed
          label={t("danger.purge")}
          title={t("danger.purge_sure", { domain: portal.domain })}
          action={action}
          ready={typed === portal.domain}
          danger
        >
          <TextInput
            label={t("danger.type_domain", { domain: portal.domain })}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        </Confirmed>
      </div>
    </Card>
  );
}
