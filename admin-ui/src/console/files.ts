/** Files of the API: they are fetched, because a plain link would not say who asks. */
import { problemOf, problemOfSilence } from "@/shared/problem";

/** What an answer that is a file holds; one that broke off is a problem. */
export async function fileOf(asked: Promise<{ error?: unknown; response: Response }>): Promise<Blob> {
  try {
    const { error, response } = await asked;
    if (!response.ok) throw problemOf(response, error);
    return await response.blob();
  } catch (problem) {
    throw problemOfSilence(problem);
  }
}

/** Have the browser save a file under a name. */
export function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
