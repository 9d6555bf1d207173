import { Code, Text } from "@mantine/core";
import { Trans, useTranslation } from "react-i18next";

import { ChatIcon } from "@/portal/components/icons";
import classes from "@/portal/components/layout.module.css";
import { Card } from "@/portal/components/page";

const PARTS = { b: <strong />, code: <Code /> };

/** How to get to the bot and what to say to it. */
export function HowToCard() {
  const { t } = useTranslation();
  return (
    <Card title={t("howto.title")} icon={<ChatIcon />}>
      <ol className={classes.steps}>
        <li>{t("howto.open")}</li>
        <li>
          <Trans i18nKey="howto.find" components={PARTS} />
        </li>
        <li>{t("howto.ask")}</li>
      </ol>
      <Text size="sm" c="dimmed">
        {t("howto.group")} <Trans i18nKey="howto.help" components={PARTS} />
      </Text>
    </Card>
  );
}
