/** Sentences by a dictionary whose keys are the sentences themselves, `{so}` where one has a value in it. */
export type Dictionary = Readonly<Record<string, string>>;

interface Pattern {
  matches: RegExp;
  values: string[];
  becomes: string;
}

const PLACE = /{(\w+)}/g;
// `ACCESS_DENIED: Access denied`: a code of Bitrix24 or of ours, and what was said with it.
const WITH_CODE = /^([\w.]+): (.+)$/s;

/** The way to say sentences; what the dictionary does not know, and codes, stay as they are. */
export function translation(dictionary: Dictionary): (sentence: string) => string {
  const patterns = patternsOf(dictionary);
  const said = (sentence: string): string => {
    const known = Object.hasOwn(dictionary, sentence) ? dictionary[sentence] : undefined;
    if (known !== undefined) return known;
    const [, code, rest] = WITH_CODE.exec(sentence) ?? [];
    return code && rest ? `${code}: ${said(rest)}` : (byPattern(sentence) ?? sentence);
  };
  const byPattern = (sentence: string): string | undefined => {
    for (const { matches, values, becomes } of patterns) {
      const found = matches.exec(sentence);
      if (!found) continue;
      // A value may be a sentence itself: "It is paused. Resume it."
      const spoken = new Map(values.map((name, place) => [name, said(found[place + 1] ?? "")]));
      return becomes.replace(PLACE, (place, name: string) => spoken.get(name) ?? place);
    }
    return undefined;
  };
  return said;
}

/** Those with most words of their own first: "{x} does not answer." fits many a sentence. */
function patternsOf(dictionary: Dictionary): Pattern[] {
  return Object.entries(dictionary)
    .filter(([sentence]) => sentence.match(PLACE))
    .sort(([one], [other]) => ownWords(other) - ownWords(one))
    .map(([sentence, becomes]) => ({
      matches: new RegExp(`^${sentence.split(PLACE).map(piece).join("")}$`, "s"),
      values: [...sentence.matchAll(PLACE)].map((match) => match[1] ?? ""),
      becomes,
    }));
}

const ownWords = (sentence: string) => sentence.replace(PLACE, "").length;

/** `split` by a group gives the texts between at even places, the names at odd ones. */
const piece = (text: string, place: number) => (place % 2 ? "(.+?)" : text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
