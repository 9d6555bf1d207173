/** What services say of causes and next steps: they say it in English, and the console in the reader's language. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { type Dictionary, translation } from "@/console/sentences";
import { useTexts } from "@/console/texts";

type Said = (sentence: string | null | undefined) => string | undefined;

// The check that a reason leads to stands before it: `token_valid: there is no live token.`
const OF_CHECK = /^([a-z_]+): (.+)$/s;

/** Says a sentence of the services in the reader's language; one that is newer than the dictionary as it is. */
export function useSaid(): Said {
  const { t, i18n } = useTexts();
  const dictionary = useDictionary(i18n.language);
  return useMemo(() => {
    const inWords = translation(dictionary);
    return (sentence) => {
      if (!sentence) return undefined;
      const [, check = "", why = ""] = OF_CHECK.exec(sentence) ?? [];
      const isCheck = i18n.exists(`words.check.${check}`, { ns: "console" });
      if (!isCheck) return inWords(sentence);
      return t("diagnosis.of_check", { check: t(`words.check.${check}`, check), why: inWords(why) });
    };
  }, [dictionary, i18n, t]);
}

const NOTHING: Dictionary = {};

/** Those who read English need no file; it comes while the page asks for what the sentences are of. */
function useDictionary(language: string): Dictionary {
  const { data } = useQuery({
    queryKey: ["said", language],
    queryFn: async (): Promise<Dictionary> => (await import("@/console/locales/said.ru.json")).default,
    enabled: language === "ru",
    networkMode: "always",
    staleTime: Infinity,
    gcTime: Infinity,
  });
  return (language === "ru" ? data : undefined) ?? NOTHING;
}
