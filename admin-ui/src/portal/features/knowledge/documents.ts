/** Every request about documents. */
import {
  type InfiniteData,
  keepPreviousData,
  type QueryClient,
  useInfiniteQuery,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Document, DocumentState } from "@/portal/api";
import { useSurroundings } from "@/portal/context";
import { isBeingRead } from "@/portal/features/knowledge/states";
import { told } from "@/portal/session";

const PAGE = 20;
const PASSAGES = 8;
const POLL_MS = 2000;

export interface Filter {
  query: string;
  state: DocumentState | "";
}

export const EVERYTHING: Filter = { query: "", state: "" };

interface Page {
  items: Document[];
  next_cursor: string | null;
}
type Pages = InfiniteData<Page, string>;

const documentsIn = (pages: Pages | undefined) => pages?.pages.flatMap(({ items }) => items) ?? [];

/** The header that has the API speak the page's language. */
function useLanguage() {
  const { i18n } = useTranslation();
  return { "Accept-Language": i18n.language };
}

/** The documents that a filter lets through, page by page; asked again and again while any is being read. */
export function useDocuments({ query, state }: Filter, alsoWhile = false) {
  const { api } = useSurroundings().session;
  const headers = useLanguage();
  return useInfiniteQuery({
    queryKey: ["documents", query, state],
    queryFn: ({ pageParam }): Promise<Page> => {
      const asked = {
        limit: PAGE,
        ...(query && { query }),
        ...(state && { state }),
        ...(pageParam && { cursor: pageParam }),
      };
      return told(api.GET("/v1/portal/kb/documents", { headers, params: { query: asked } }));
    },
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: now }) => (alsoWhile || documentsIn(now.data).some(isBeingRead) ? POLL_MS : false),
    select: documentsIn,
  });
}

/** The passages of a document, in their order, page by page. */
export function usePassages(id: string) {
  const { api } = useSurroundings().session;
  return useInfiniteQuery({
    queryKey: ["passages", id],
    queryFn: ({ pageParam }) =>
      told(
        api.GET("/v1/portal/kb/documents/{document_id}/chunks", {
          params: { path: { document_id: id }, query: { limit: PASSAGES, ...(pageParam && { cursor: pageParam }) } },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    select: ({ pages }) => pages.flatMap(({ items }) => items),
  });
}

/** Have a document read anew. */
export function useReread(id: string) {
  const { api } = useSurroundings().session;
  const queries = useQueryClient();
  const headers = useLanguage();
  return useMutation({
    mutationFn: () =>
      told(
        api.POST("/v1/portal/kb/documents/{document_id}/reindex", { headers, params: { path: { document_id: id } } }),
      ),
    onSuccess: (document) => {
      queries.setQueriesData<Pages>({ queryKey: ["documents"] }, (held) =>
        mapped(held, (items) => items.map((one) => (one.id === id ? document : one))),
      );
      return queries.invalidateQueries({ queryKey: ["documents"] });
    },
  });
}

/** Take a document out of the answers. `onDeleted` is called while its row is still there, to move the focus. */
export function useDelete(id: string, onDeleted: () => void) {
  const { api } = useSurroundings().session;
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const asked = api.DELETE("/v1/portal/kb/documents/{document_id}", { params: { path: { document_id: id } } });
      await told(asked.then(({ error, response }) => ({ data: {}, error, response })));
    },
    onSuccess: () => {
      onDeleted();
      queries.setQueriesData<Pages>({ queryKey: ["documents"] }, (held) =>
        mapped(held, (items) => items.filter((one) => one.id !== id)),
      );
      void queries.invalidateQueries({ queryKey: ["documents"] });
    },
  });
}

/** Show a new document before the list is asked for again. An answer that is on its way does not know of it yet. */
export async function putFirst(queries: QueryClient, document: Document): Promise<void> {
  await queries.cancelQueries({ queryKey: ["documents"] });
  queries.setQueryData<Pages>(["documents", "", ""], (held) =>
    mapped(held, (items, page) => (page === 0 ? [document, ...items.filter(({ id }) => id !== document.id)] : items)),
  );
  void queries.invalidateQueries({ queryKey: ["documents"] });
}

function mapped(held: Pages | undefined, change: (items: Document[], page: number) => Document[]): Pages | undefined {
  return held && { ...held, pages: held.pages.map((page, number) => ({ ...page, items: change(page.items, number) })) };
}
