import { Button, Center, Group, Paper, Stack, Text } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { BbText } from "@/console/components/bb-text";
import { Facts } from "@/console/components/facts";
import { PortalLink, TraceLink } from "@/console/components/ids";
import classes from "@/console/components/layout.module.css";
import { Loaded } from "@/console/components/loaded";
import { Moment } from "@/console/components/moment";
import { PageHead } from "@/console/components/page-head";
import { Word } from "@/console/components/word";
import { useApi } from "@/console/context";
import { Why } from "@/console/features/dialogs/why";
import { type Message, oneDialog, transcript } from "@/console/features/dialogs/queries";
import { useSaid } from "@/console/said";
import { useId } from "@/console/search";
import { useTexts, useWord } from "@/console/texts";

/** What was said in one dialog, and what became of every message. */
export function DialogPage() {
  const { t } = useTexts();
  const readable = useWord();
  const id = useId();
  return (
    <>
      <PageHead title={t("dialogs.one")} about={id} />
      <Stack>
        <Loaded query={useQuery(oneDialog(useApi(), id))} height={90}>
          {(dialog) => (
            <Facts
              facts={[
                [t("columns.portal"), <PortalLink id={dialog.portal_id} />],
                [t("columns.dialog"), dialog.provider_dialog_id],
                [t("columns.user"), dialog.user_id],
                [t("columns.kind"), readable("dialog_kind", dialog.kind)],
                [t("columns.state"), <Word kind="dialog_state" word={dialog.state} />],
              ]}
            />
          )}
        </Loaded>
        <Transcript id={id} />
      </Stack>
    </>
  );
}

function Transcript({ id }: { id: string }) {
  const { t } = useTexts();
  const query = useInfiniteQuery(transcript(useApi(), id));
  return (
    <Loaded query={query} height={320}>
      {({ pages }) => (
        <Stack gap="sm" component="ol" p={0} m={0} aria-label={t("dialogs.transcript")}>
          {query.hasNextPage && (
            <Center component="li">
              <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                {t("dialogs.earlier")}
              </Button>
            </Center>
          )}
          {pages
            .flatMap(({ items }) => items)
            .reverse()
            .map((message) => (
              <Said key={message.id} message={message} />
            ))}
        </Stack>
      )}
    </Loaded>
  );
}

function Said({ message }: { message: Message }) {
  const { t } = useTexts();
  const said = useSaid();
  const isReply = message.direction === "tx";
  return (
    <Group component="li" justify={isReply ? "flex-end" : "flex-start"}>
      <Paper withBorder p="sm" radius="lg" className={isReply ? (classes.reply ?? "") : (classes.question ?? "")}>
        <Text size="xs" c="dimmed">
          {isReply ? t("dialogs.bot") : t("dialogs.employee", { id: message.author_id })}
          {" · "}
          <Moment at={message.created_at} />
        </Text>
        <Text size="sm" className={classes.said ?? ""}>
          <BbText text={message.body} />
        </Text>
        <Group gap="xs" mt={6}>
          <Word kind="message_state" word={message.state} />
          {message.reason && <Text size="xs">{said(message.reason)}</Text>}
          <TraceLink id={message.trace_id} />
          {isReply && message.reply_to && <Why question={message.reply_to} portalId={message.portal_id} />}
        </Group>
      </Paper>
    </Group>
  );
}
