/** What the gateway wrote into the page: which page it is, and in which language. Never a secret. */
export interface Boot {
  page: "install" | "main";
  lang: string;
  placement: string;
}

/** The page's boot block; without one (or with a strange one) it is the main page. */
export function readBoot(text: string | null | undefined): Boot {
  const given = parsed(text);
  return {
    page: given.page === "install" ? "install" : "main",
    lang: typeof given.lang === "string" ? given.lang : "",
    placement: typeof given.placement === "string" ? given.placement : "DEFAULT",
  };
}

function parsed(text: string | null | undefined): Partial<Record<keyof Boot, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
