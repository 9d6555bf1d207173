/** A file on its way to the knowledge base. By XMLHttpRequest: fetch does not tell how much has gone. */
import { Problem } from "@/shared/problem";

const UPLOAD = "/v1/portal/kb/upload";
const PASSED_ON = ["Retry-After", "X-Trace-Id"];

interface Sent {
  file: File;
  token: string;
  signal: AbortSignal;
  /** Told of the share that has gone, 0 to 1. */
  onShare: (share: number) => void;
}

/** Send a file. Fails with a problem where no answer comes, `aborted` where the signal said so. */
export function sendFile({ file, token, signal, onShare }: Sent): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const form = new FormData();
    form.append("file", file, file.name);
    request.upload.onprogress = ({ loaded, total }) => onShare(total ? loaded / total : 0);
    request.onload = () => resolve(responseOf(request));
    request.onerror = () => reject(new Problem("network", ""));
    request.onabort = () => reject(new Problem("aborted", ""));
    signal.addEventListener("abort", () => request.abort());
    request.open("POST", UPLOAD);
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.send(form);
    if (signal.aborted) request.abort();
  });
}

function responseOf(request: XMLHttpRequest): Response {
  const headers = new Headers();
  for (const name of PASSED_ON) {
    const value = request.getResponseHeader(name);
    if (value !== null) headers.set(name, value);
  }
  return new Response(request.responseText, { status: request.status, statusText: request.statusText, headers });
}
