/** The console's texts: its own namespace of the dictionaries. */
import { useTranslation } from "react-i18next";

export const useTexts = () => useTranslation("console");

/** The readable form of the words of one kind. */
export function useWordsOf(kind: string): (word: string) => string {
  const readable = useWord();
  return (word) => readable(kind, word);
}

/** The readable form of a word of the API; a word that is newer than the dictionary is shown as it is. */
export function useWord(): (kind: string, word: string) => string {
  const { t } = useTexts();
  return (kind, word) => t(`words.${kind}.${word}`, word);
}
