import { Group, NumberInput, Select, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { Card } from "@/console/components/card";
import { Confirmed } from "@/console/components/confirm";
import { Loaded } from "@/console/components/loaded";
import { useApi } from "@/console/context";
import { type Prune, prune } from "@/console/features/inbound/queries";
import { bytes, count } from "@/console/formats";
import { useTexts } from "@/console/texts";

const MODES = ["auto", "older_than_days", "all"] as const;

/** Free some of what the blackbox takes, once it is seen how much that would be. */
export function PruneCard() {
  const { t, i18n } = useTexts();
  const api = useApi();
  const queries = useQueryClient();
  const [mode, setMode] = useState<Prune["mode"]>("auto");
  const [days, setDays] = useState(30);
  const [isOpen, setOpen] = useState(false);
  const asked = mode === "older_than_days" ? { mode, days } : { mode };
  const would = useQuery({
    queryKey: ["prune", asked],
    queryFn: () => prune(api, { ...asked, dry_run: true }),
    enabled: isOpen,
    gcTime: 0,
    staleTime: 0,
  });
  const action = useMutation({
    mutationFn: () => prune(api, { ...asked, dry_run: false }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["inbound_events"] }),
  });
  const freed = (of: { freed_rows: number; freed_bytes: number }) => ({
    rows: count(of.freed_rows, i18n.language),
    bytes: bytes(of.freed_bytes, i18n.language),
  });
  return (
    <Card title={t("prune.title")}>
      <Group align="flex-end">
        <Select
          label={t("prune.mode")}
          data={MODES.map((value) => ({ value, label: t(`prune.${value}`) }))}
          value={mode}
          onChange={(value) => value && setMode(value)}
          allowDeselect={false}
          w={280}
        />
        {mode === "older_than_days" && (
          <NumberInput
            label={t("prune.days")}
            min={0}
            max={3650}
            allowDecimal={false}
            value={days}
            onChange={(value) => setDays(Number(value))}
            w={120}
          />
        )}
        <Confirmed
          label={t("prune.act")}
          title={t("prune.sure")}
          action={action}
          ready={Boolean(would.data?.freed_rows)}
          onOpen={() => setOpen(true)}
          danger
        >
          <Loaded query={would} height={24}>
            {(found) => <Text size="sm">{t("prune.would", freed(found))}</Text>}
          </Loaded>
        </Confirmed>
      </Group>
      {action.data && (
        <Text size="sm" role="status">
          {t("prune.done", freed(action.data))} {!action.data.complete && t("prune.more")}
        </Text>
      )}
    </Card>
  );
}
