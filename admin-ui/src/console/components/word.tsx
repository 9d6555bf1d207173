import { Badge } from "@mantine/core";

import { useWord } from "@/console/texts";

const COLORS: Record<string, string> = {
  ok: "teal",
  active: "teal",
  yes: "teal",
  sent: "teal",
  answered: "teal",
  accepted: "teal",
  ready: "teal",
  registered: "teal",
  confirmed: "teal",
  empty: "teal",
  quoted: "teal",
  running: "teal",
  paused: "orange",
  working: "azure",
  degraded: "orange",
  lost: "red",
  warning: "orange",
  trial: "azure",
  grace: "orange",
  waiting: "orange",
  draining: "azure",
  retry: "orange",
  unknown: "orange",
  unreachable: "orange",
  payment_required: "orange",
  suspended: "orange",
  failing: "red",
  failed: "red",
  dead: "red",
  refused: "red",
  error: "red",
  critical: "red",
  unparsable: "red",
};

/** A word of the API, readable, in the colour of how good it is. */
export function Word({ kind, word }: { kind: string; word: string }) {
  const readable = useWord();
  return (
    <Badge variant="light" color={COLORS[word] ?? "gray"} tt="none" miw="max-content">
      {readable(kind, word)}
    </Badge>
  );
}
