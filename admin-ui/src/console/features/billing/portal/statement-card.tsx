import "@mantine/dates/styles.layer.css";
import "dayjs/locale/ru";

import { Stack } from "@mantine/core";
import { DatesProvider, MonthPickerInput } from "@mantine/dates";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { useCalendarLabels } from "@/console/components/calendar";
import { Card } from "@/console/components/card";
import { Facts } from "@/console/components/facts";
import { Loaded } from "@/console/components/loaded";
import { useApi } from "@/console/context";
import { type Statement, statementAt } from "@/console/features/billing/portal/queries";
import { Between, Lines } from "@/console/features/billing/portal/subscription-card";
import { count } from "@/console/formats";
import { money, ofMicro } from "@/console/money";
import { useTexts } from "@/console/texts";

const thisMonth = () => `${new Date().toISOString().slice(0, 7)}-01`;

/** A moment of the period that began in a month: now in this one, the noon of another's last day. */
const momentIn = (month: string) => {
  if (month === thisMonth()) return `${new Date().toISOString().slice(0, 10)}T00:00:00Z`;
  const [year, number] = [Number(month.slice(0, 4)), Number(month.slice(5, 7))];
  return new Date(Date.UTC(year, number, 0, 12)).toISOString();
};

/** What a portal was on and used in the period of a chosen month. */
export function StatementCard({ portalId }: { portalId: string }) {
  const { t, i18n } = useTexts();
  const labels = useCalendarLabels();
  const [month, setMonth] = useState(thisMonth);
  return (
    <Card
      title={t("billing.statement")}
      aside={
        <DatesProvider settings={{ locale: i18n.language }}>
          <MonthPickerInput
            ariaLabels={labels}
            label={t("billing.month")}
            value={month}
            maxDate={new Date()}
            onChange={(chosen) => chosen && setMonth(chosen)}
            w={180}
          />
        </DatesProvider>
      }
    >
      <Loaded query={useQuery(statementAt(useApi(), portalId, momentIn(month)))}>
        {(statement) => <Known statement={statement} />}
      </Loaded>
    </Card>
  );
}

function Known({ statement }: { statement: Statement }) {
  const { t, i18n } = useTexts();
  const { plan, period, currency } = statement;
  const name = i18n.language === "ru" ? plan.name_ru : plan.name_en;
  return (
    <Stack>
      <Facts
        facts={[
          [t("billing.current_period"), <Between from={period.from} to={period.to} />],
          [t("columns.plan"), t("billing.plan_version", { name, version: plan.version })],
          [t("billing.price"), money(statement.price_minor, currency, i18n.language)],
          [t("billing.cost"), money(ofMicro(statement.cost_micro), currency, i18n.language)],
          [
            t("billing.unpriced_calls"),
            statement.unpriced_calls ? count(statement.unpriced_calls, i18n.language) : null,
          ],
        ]}
      />
      <Lines limits={statement.limits} />
    </Stack>
  );
}
