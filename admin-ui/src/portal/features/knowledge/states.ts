/** What follows from the states of documents. */
import type { Document } from "@/portal/api";

/** Whether a document is still on its way to the answers. */
export const isBeingRead = ({ state }: Pick<Document, "state">): boolean => state !== "ready" && state !== "failed";

/** Those that were being read `before` and are `now` read, or given up. */
export function settled(before: ReadonlyMap<string, boolean>, now: readonly Document[]): Document[] {
  return now.filter((document) => before.get(document.id) && !isBeingRead(document));
}

/** Which of them are being read, to compare with later. */
export const readingOf = (documents: readonly Document[]): ReadonlyMap<string, boolean> =>
  new Map(documents.map((document) => [document.id, isBeingRead(document)]));
