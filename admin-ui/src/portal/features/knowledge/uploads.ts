/** The files that are being uploaded, as values: what they are, what becomes of them, which are sent next. */
import { Problem } from "@/shared/problem";

export const LARGEST = 100 * 1024 * 1024;
const AT_ONCE = 2;

export interface Upload {
  key: number;
  file: File;
  state: "waiting" | "sending" | "there" | "refused";
  /** How much has gone, 0 to 1. */
  share: number;
  /** Of a file that was there already: the name it is kept by. */
  keptAs: string;
  problem: Problem | null;
}

export type Change =
  | { type: "chosen"; uploads: Upload[] }
  | { type: "begun" | "stored" | "dropped" | "again"; key: number }
  | { type: "moved"; key: number; share: number }
  | { type: "there"; key: number; name: string }
  | { type: "refused"; key: number; problem: Problem };

/** What a chosen file becomes: in the queue, or refused before a byte of it is sent. */
export function uploadOf(key: number, file: File, isFolder: boolean): Upload {
  const code = isFolder ? "folder" : file.size > LARGEST ? "too_large" : file.size === 0 ? "empty" : "";
  const problem = code ? new Problem(code, "", 400) : null;
  return { key, file, state: problem ? "refused" : "waiting", share: 0, keptAs: "", problem };
}

/** The uploads after a change. What was stored is in the list of documents from then on, and no upload any more. */
export function changed(uploads: readonly Upload[], change: Change): readonly Upload[] {
  if (change.type === "chosen") return [...uploads, ...change.uploads];
  if (change.type === "stored" || change.type === "dropped") return uploads.filter(({ key }) => key !== change.key);
  return uploads.map((upload) => (upload.key === change.key ? { ...upload, ...partOf(change) } : upload));
}

function partOf(change: Exclude<Change, { type: "chosen" }>): Partial<Upload> {
  switch (change.type) {
    case "begun":
      return { state: "sending", share: 0 };
    case "moved":
      return { share: change.share };
    case "there":
      return { state: "there", keptAs: change.name };
    case "refused":
      return { state: "refused", problem: change.problem };
    default:
      return { state: "waiting", share: 0, problem: null };
  }
}

/** Those that are sent next: first chosen first, two at once. */
export function due(uploads: readonly Upload[]): readonly Upload[] {
  const sending = uploads.filter(({ state }) => state === "sending").length;
  return uploads.filter(({ state }) => state === "waiting").slice(0, Math.max(0, AT_ONCE - sending));
}

/** Whether leaving the page would lose some. */
export const isUnderWay = (uploads: readonly Upload[]): boolean =>
  uploads.some(({ state }) => state === "waiting" || state === "sending");

/** Whether sending the same file again may help. */
export const mayRepeat = ({ state, problem }: Upload): boolean =>
  state === "refused" && problem !== null && (problem.passing || problem.code === "knowledge_limit_reached");

/** The files of a drop, and which of them are folders. */
export function filesOf(dropped: DataTransfer): [File, boolean][] {
  const items = [...dropped.items].filter(({ kind }) => kind === "file");
  if (!items.length) return [...dropped.files].map((file) => [file, false]);
  return items.flatMap((item) => {
    const file = item.getAsFile();
    return file ? [[file, item.webkitGetAsEntry()?.isDirectory ?? false]] : [];
  });
}
