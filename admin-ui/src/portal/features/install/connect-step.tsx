import { Alert, Button, Group, Loader, Stack, Text } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Installed } from "@/portal/api";
import { AlertIcon } from "@/portal/components/icons";
import { Announced } from "@/portal/components/page";
import { ProblemNotice } from "@/portal/components/problem-notice";

interface Props {
  connect: UseQueryResult<Installed>;
  onSkip: () => void;
}

/** The first step goes by itself; it stays in view only while it lasts or when it fails. */
export function ConnectStep({ connect, onSkip }: Props) {
  const { t } = useTranslation();
  const retry = () => void connect.refetch();
  return (
    <Stack gap="md">
      <Announced>{t("install.connect.title")}</Announced>
      {connect.isFetching && (
        <Group wrap="nowrap" role="status">
          <Loader size="sm" />
          <Text>{t("install.connect.working")}</Text>
        </Group>
      )}
      {connect.isError && !connect.isFetching && <ProblemNotice problem={connect.error} onRetry={retry} />}
      {connect.data && !connect.isFetching && (
        <Alert color="orange" icon={<AlertIcon />} title={t("install.connect.bot_title")} role="alert">
          <Stack gap="sm">
            <Text size="sm">
              {t("install.connect.bot_text", { code: connect.data.bot.error_code ?? connect.data.bot.status })}
            </Text>
            <Group gap="sm">
              <Button size="sm" onClick={retry}>
                {t("common.retry")}
              </Button>
              <Button size="sm" variant="default" onClick={onSkip}>
                {t("install.connect.skip")}
              </Button>
            </Group>
          </Stack>
        </Alert>
      )}
    </Stack>
  );
}
