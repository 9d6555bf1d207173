import { Radio, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { AccessMode } from "@/portal/api";

const MODES = ["list", "departments", "all"] as const;

interface Props {
  mode: AccessMode;
  onChange: (mode: AccessMode) => void;
}

/** The three ways to say who may talk to the bot, each with whom it lets in. */
export function Modes({ mode, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <Radio.Group label={t("access.mode")} description={t("access.never")} value={mode} onChange={onChange}>
      <Stack gap="xs" mt="xs">
        {MODES.map((one) => (
          <Radio key={one} value={one} label={t(`access.${one}`)} description={t(`access.${one}_text`)} />
        ))}
      </Stack>
    </Radio.Group>
  );
}
