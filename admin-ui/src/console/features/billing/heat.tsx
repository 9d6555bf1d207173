import classes from "@/console/features/billing/billing.module.css";
import { useTexts } from "@/console/texts";

const LEVELS = 4;

/** A row of days, the stronger in colour the more replies there were; read aloud as its sum. */
export function Heat({ replies }: { replies: number[] }) {
  const { t } = useTexts();
  const most = Math.max(1, ...replies);
  const sum = replies.reduce((all, one) => all + one, 0);
  return (
    <div className={classes.heat} role="img" aria-label={t("billing.heat", { count: sum })}>
      {replies.map((one, day) => (
        <span key={day} className={classes.day} data-level={Math.ceil((one / most) * LEVELS)} title={String(one)} />
      ))}
    </div>
  );
}
