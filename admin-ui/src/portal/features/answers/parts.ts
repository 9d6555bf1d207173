/** How questions are answered has files of its own: the first load stays small. */
import { later } from "@/portal/components/later";

const texts = () => import("@/portal/features/answers/texts").then((part) => part.addTexts());

/** How the bot answers. */
export const AnswerSettingsCard = later("answer-settings", 380, async () => {
  const [part] = await Promise.all([import("@/portal/features/answers/answer-settings-card"), texts()]);
  return part.AnswerSettingsCard;
});

/** Questions that call for an administrator. */
export const QuestionsCard = later("questions", 200, async () => {
  const [part] = await Promise.all([import("@/portal/features/answers/questions-card"), texts()]);
  return part.QuestionsCard;
});
