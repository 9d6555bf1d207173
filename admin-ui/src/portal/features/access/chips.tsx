import { Button, Group, Pill, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import classes from "@/portal/features/access/chooser.module.css";

const SHOWN = 40;

interface Props {
  ids: number[];
  nameOf: (id: number) => string;
  /** How many they are, in words. */
  count: string;
  /** What to do while there are none. */
  none: string;
  onRemove: (id: number) => void;
  onClear: () => void;
}

/** The chosen ones, each removable, with their number. */
export function Chips({ ids, nameOf, count, none, onRemove, onClear }: Props) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(SHOWN);
  const hidden = ids.length - shown;
  return (
    <section className={classes.chosen} aria-label={t("people.chosen")}>
      <Group justify="space-between" align="flex-start" gap="xs" wrap="nowrap">
        <div className={classes.shrinks}>
          <Text fw={600} size="sm">
            {t("people.chosen")}
          </Text>
          <Text size="sm" c="dimmed" role="status">
            {count}
          </Text>
        </div>
        {ids.length > 0 && (
          <Button size="compact-sm" variant="subtle" flex="none" onClick={onClear}>
            {t("people.clear")}
          </Button>
        )}
      </Group>
      {ids.length === 0 && (
        <Text size="sm" c="dimmed">
          {none}
        </Text>
      )}
      <div className={classes.chips}>
        {ids.slice(0, shown).map((id) => (
          <Pill
            key={id}
            className={classes.chip ?? ""}
            withRemoveButton
            onRemove={() => onRemove(id)}
            removeButtonProps={{
              "aria-label": t("people.remove", { name: nameOf(id) }),
              "aria-hidden": false,
              tabIndex: 0,
            }}
          >
            {nameOf(id)}
          </Pill>
        ))}
        {hidden > 0 && (
          <Button size="compact-xs" variant="subtle" onClick={() => setShown(shown + 200)}>
            {t("people.more", { count: hidden })}
          </Button>
        )}
      </div>
    </section>
  );
}
