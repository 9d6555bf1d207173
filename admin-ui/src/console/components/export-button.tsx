import { Button, Stack } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";

import { ProblemNotice } from "@/console/components/problem-notice";
import { save } from "@/console/files";
import { useTexts } from "@/console/texts";

interface Props {
  /** Under which it is saved. */
  name: string;
  label?: string;
  file: () => Promise<Blob>;
}

/** Everything that the filters find as a file, whatever of it is on this page. */
export function ExportButton({ name, label, file }: Props) {
  const { t } = useTexts();
  const action = useMutation({ mutationFn: file, onSuccess: (blob) => save(blob, name) });
  return (
    <Stack gap="xs" align="flex-end">
      <Button
        variant="default"
        size="compact-sm"
        leftSection={<IconDownload size={16} aria-hidden />}
        loading={action.isPending}
        onClick={() => action.mutate()}
      >
        {label ?? t("list.export")}
      </Button>
      {action.isError && <ProblemNotice problem={action.error} />}
    </Stack>
  );
}
