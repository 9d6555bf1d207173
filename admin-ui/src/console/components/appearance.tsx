import { ActionIcon, Button, Group, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { IconMoon, IconSun } from "@tabler/icons-react";

import { useRememberLanguage } from "@/console/preferences";
import { useTexts } from "@/console/texts";

const OTHER = { ru: "en", en: "ru" } as const;
const NAMES = { ru: "Русский", en: "English" } as const;

/** The other language and the other scheme, each a click away. */
export function Appearance() {
  const { t, i18n } = useTexts();
  const remember = useRememberLanguage();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const other = OTHER[i18n.language === "ru" ? "ru" : "en"];
  const switchLanguage = () => {
    remember(other);
    void i18n.changeLanguage(other);
  };
  return (
    <Group gap={4} wrap="nowrap">
      <Button variant="subtle" color="gray" size="compact-sm" lang={other} onClick={switchLanguage}>
        {NAMES[other]}
      </Button>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={scheme === "dark" ? t("shell.light") : t("shell.dark")}
        onClick={() => setColorScheme(scheme === "dark" ? "light" : "dark")}
      >
        {scheme === "dark" ? <IconSun size={20} /> : <IconMoon size={20} />}
      </ActionIcon>
    </Group>
  );
}
