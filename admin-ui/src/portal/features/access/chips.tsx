import { Button, Group, Pill, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { ChosenCount } from "@/portal/features/access/chosen-count";
import classes from "@/portal/features/access/chooser.module.css";
import { type Chosen, useFullName, useNames } from "@/portal/features/access/people";

const SHOWN = 40;

interface Props {
  chosen: Chosen;
  onRemove: (id: number) => void;
  onClear: () => void;
}

/** The chosen ones, each removable, with their number. */
export function Chips({ chosen, onRemove, onClear }: Props) {
  const { t } = useTranslation();
  const names = useNames(chosen);
  const fullName = useFullName();
  const [shown, setShown] = useState(SHOWN);
  const hidden = chosen.size - shown;
  return (
    <section className={classes.chosen} aria-label={t("people.chosen")}>
      <Group justify="space-between" gap="xs">
        <div>
          <Text fw={600} size="sm">
            {t("people.chosen")}
          </Text>
          <ChosenCount count={chosen.size} />
        </div>
        {chosen.size > 0 && (
          <Button size="compact-sm" variant="subtle" onClick={onClear}>
            {t("people.clear")}
          </Button>
        )}
      </Group>
      {chosen.size === 0 && (
        <Text size="sm" c="dimmed">
          {t("people.chosen_none")}
        </Text>
      )}
      <div className={classes.chips}>
        {[...chosen.values()]
          .slice(0, shown)
          .map((person) => (person.name ? person : (names.get(person.id) ?? person)))
          .map((person) => (
            <Pill
              key={person.id}
              className={classes.chip ?? ""}
              withRemoveButton
              onRemove={() => onRemove(person.id)}
              removeButtonProps={{
                "aria-label": t("people.remove", { name: fullName(person) }),
                "aria-hidden": false,
                tabIndex: 0,
              }}
            >
              {fullName(person)}
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
