import { Button, Group, type MantineSize, Modal, Stack } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import type { UseMutationResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { ProblemNotice } from "@/console/components/problem-notice";
import { useTexts } from "@/console/texts";

interface Props {
  label: string;
  title: string;
  children: ReactNode;
  action: UseMutationResult<unknown, Error, void>;
  danger?: boolean;
  ready?: boolean;
  onOpen?: () => void;
  size?: MantineSize;
}

/** A button whose action is done after a second look. */
export function Confirmed({
  label,
  title,
  children,
  action,
  danger = false,
  ready = true,
  onOpen,
  size = "md",
}: Props) {
  const { t } = useTexts();
  const [opened, { open, close }] = useDisclosure(false, {
    onOpen: () => {
      action.reset();
      onOpen?.();
    },
  });
  const color = danger ? { color: "red" } : {};
  return (
    <>
      <Button variant="light" size="compact-sm" onClick={open} {...color}>
        {label}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={title}
        size={size}
        lockScroll={false}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        <Stack>
          {children}
          {action.isError && <ProblemNotice problem={action.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t("common.cancel")}
            </Button>
            <Button
              {...color}
              loading={action.isPending}
              disabled={!ready}
              onClick={() => action.mutate(undefined, { onSuccess: close })}
            >
              {label}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
