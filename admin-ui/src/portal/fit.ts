/** Keep the frame as high as its content: Bitrix24 shows no scroll bar of ours. */
import type { Portal } from "@/portal/bx24";

const SETTLED_MS = 60;

export function keepFitting(root: HTMLElement, portal: Portal): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  new ResizeObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(() => portal.fit(), SETTLED_MS);
  }).observe(root);
}
