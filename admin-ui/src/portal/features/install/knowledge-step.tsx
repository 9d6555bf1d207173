import { Button, Group, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import classes from "@/portal/components/layout.module.css";
import { Announced } from "@/portal/components/page";
import { EVERYTHING, useDocuments } from "@/portal/features/knowledge/documents";
import { AskCard, KnowledgeCard } from "@/portal/features/knowledge/parts";

interface Props {
  onBack: () => void;
  onSubmit: () => void;
}

/** The third step: what the bot answers from, and a question to try it. Documents are kept, whoever leaves here. */
export function KnowledgeStep({ onBack, onSubmit }: Props) {
  const { t } = useTranslation();
  const { data } = useDocuments(EVERYTHING);
  const hasDocuments = Boolean(data?.length);
  return (
    <>
      <section className={classes.card}>
        <Announced>{t("install.knowledge.title")}</Announced>
        <Text c="dimmed">{t("install.knowledge.text")}</Text>
      </section>
      <KnowledgeCard />
      {hasDocuments && <AskCard />}
      <section className={classes.card}>
        <Stack gap="sm">
          {!hasDocuments && (
            <Text size="sm" c="dimmed">
              {t("install.knowledge.none")}
            </Text>
          )}
          <Group justify="flex-end" gap="sm">
            <Button variant="default" onClick={onBack}>
              {t("common.back")}
            </Button>
            <Button size="md" variant={hasDocuments ? "filled" : "light"} onClick={onSubmit}>
              {t(hasDocuments ? "install.knowledge.submit" : "install.knowledge.skip")}
            </Button>
          </Group>
        </Stack>
      </section>
    </>
  );
}
