import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useReducer, useRef } from "react";

import type { Document } from "@/portal/api";
import { useSurroundings } from "@/portal/context";
import { useUnsavedGuard } from "@/portal/features/access/unsaved";
import { putFirst } from "@/portal/features/knowledge/documents";
import { sendFile } from "@/portal/features/knowledge/sending";
import { changed, due, isUnderWay, type Upload, uploadOf } from "@/portal/features/knowledge/uploads";
import { told } from "@/portal/session";
import { Problem } from "@/shared/problem";

export interface Uploads {
  uploads: readonly Upload[];
  add: (files: readonly (readonly [File, boolean])[]) => void;
  drop: (key: number) => void;
  again: (key: number) => void;
}

/** The uploads of the page. `onStored` is told of each file that has become a document. */
export function useUploads(onStored: (document: Document) => void): Uploads {
  const { session } = useSurroundings();
  const queries = useQueryClient();
  const [uploads, change] = useReducer(changed, []);
  const running = useRef(new Map<number, AbortController>());
  const next = useRef(0);
  useUnsavedGuard(isUnderWay(uploads));

  const send = async ({ key, file }: Upload) => {
    const { signal } = running.current.get(key) ?? new AbortController();
    const onShare = (share: number) => change({ type: "moved", key, share });
    try {
      const answer = session.withToken((token) => sendFile({ file, token, signal, onShare }));
      const document = await told(answer.then(documentIn));
      if ((await answer).status === 200) {
        change({ type: "there", key, name: document.filename });
      } else {
        await putFirst(queries, document);
        change({ type: "stored", key });
        onStored(document);
      }
    } catch (problem) {
      const refused = problem instanceof Problem ? problem : new Problem("unexpected", "");
      if (refused.code !== "aborted") change({ type: "refused", key, problem: refused });
    } finally {
      running.current.delete(key);
    }
  };
  useEffect(() => {
    for (const upload of due(uploads)) {
      if (running.current.has(upload.key)) continue;
      running.current.set(upload.key, new AbortController());
      change({ type: "begun", key: upload.key });
      void send(upload);
    }
  });

  return {
    uploads,
    add: (files) =>
      change({ type: "chosen", uploads: files.map(([file, isFolder]) => uploadOf(next.current++, file, isFolder)) }),
    drop: (key) => {
      running.current.get(key)?.abort();
      change({ type: "dropped", key });
    },
    again: (key) => change({ type: "again", key }),
  };
}

/** An answer as `told` wants it. */
async function documentIn(response: Response): Promise<{ data?: Document; error?: unknown; response: Response }> {
  const body: unknown = await response.json().catch(() => undefined);
  return response.ok ? { data: body as Document, response } : { error: body, response };
}
