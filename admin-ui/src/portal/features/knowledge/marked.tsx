import { Text } from "@mantine/core";

import classes from "@/portal/features/knowledge/knowledge.module.css";
import { blocksOf } from "@/portal/features/knowledge/marks";

/** A passage as people read it: headings as such, lines as they stand. */
export function Marked({ text }: { text: string }) {
  return (
    <div className={classes.marked}>
      {blocksOf(text).map((block, place) => (
        <Text key={place} size="sm" component="p" fw={block.kind === "heading" ? 600 : 400}>
          {block.text}
        </Text>
      ))}
    </div>
  );
}
