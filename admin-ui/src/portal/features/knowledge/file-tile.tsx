import { kindOf } from "@/portal/features/knowledge/formats";
import classes from "@/portal/features/knowledge/knowledge.module.css";

/** The kind of a file, as a little sheet before its name. */
export function FileTile({ name }: { name: string }) {
  return (
    <span className={classes.tile} aria-hidden="true">
      {kindOf(name) || "·"}
    </span>
  );
}
