import { Button, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";

import { Facts } from "@/console/components/facts";
import { Loaded } from "@/console/components/loaded";
import { useApi } from "@/console/context";
import { explanation } from "@/console/features/dialogs/queries";
import { WhyDetail } from "@/console/features/dialogs/why-detail";
import { useTexts, useWord } from "@/console/texts";
import { Problem } from "@/shared/problem";

interface Props {
  /** The id of the message that was answered. */
  question: string;
  portalId: string;
}

/** Why a reply says what it says. */
export function Why(props: Props) {
  const { t } = useTexts();
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button variant="subtle" size="compact-xs" onClick={open}>
        {t("why.button")}
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title={t("why.title")}
        size="xl"
        lockScroll={false}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        <Explained {...props} />
      </Modal>
    </>
  );
}

function Explained({ question, portalId }: Props) {
  const { t } = useTexts();
  const readable = useWord();
  const query = useQuery(explanation(useApi(), question, portalId));
  if (query.error instanceof Problem && query.error.code === "explanation_not_found")
    return <Text size="sm">{t("why.by_rule")}</Text>;
  return (
    <Loaded query={query}>
      {(found) => (
        <Stack>
          <Facts
            facts={[
              [t("why.kind"), readable("explanation", found.kind)],
              [t("why.took"), t("why.ms", { ms: found.took_ms })],
            ]}
          />
          <WhyDetail explanation={found} />
        </Stack>
      )}
    </Loaded>
  );
}
