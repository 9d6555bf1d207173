import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useRef } from "react";

import type { Document } from "@/portal/api";
import { readingOf, settled } from "@/portal/features/knowledge/states";

/** Tell of every document that has been read, or given up, since the last look; its passages are asked for anew. */
export function useSettled(documents: Document[] | undefined, onSettled: (document: Document) => void): void {
  const queries = useQueryClient();
  const before = useRef<ReadonlyMap<string, boolean>>(new Map());
  const tell = useEffectEvent(onSettled);
  useEffect(() => {
    if (!documents) return;
    for (const document of settled(before.current, documents)) {
      void queries.invalidateQueries({ queryKey: ["passages", document.id] });
      tell(document);
    }
    before.current = readingOf(documents);
  }, [documents, queries]);
}
