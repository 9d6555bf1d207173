/** The knowledge base has files of its own: the first load stays small. */
import { later } from "@/portal/components/later";

const texts = () => import("@/portal/features/knowledge/texts").then((part) => part.addTexts());

/** The documents of a portal, for its administrator. */
export const KnowledgeCard = later("knowledge", 430, async () => {
  const [part] = await Promise.all([import("@/portal/features/knowledge/knowledge-card"), texts()]);
  return part.KnowledgeCard;
});

/** A question to the documents, for whoever may ask. */
export const AskCard = later("ask", 220, async () => {
  const [part] = await Promise.all([import("@/portal/features/knowledge/ask-card"), texts()]);
  return part.AskCard;
});
