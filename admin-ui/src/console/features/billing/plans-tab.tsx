import { Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { DataTable, type DataTableColumn } from "mantine-datatable";

import { Card } from "@/console/components/card";
import { Loaded } from "@/console/components/loaded";
import { Moment } from "@/console/components/moment";
import { useApi, useRole } from "@/console/context";
import { PlanForm } from "@/console/features/billing/plan-form";
import { FEATURES, LIMITS, listPlans, listVersions, type Plan } from "@/console/features/billing/queries";
import { count } from "@/console/formats";
import { money } from "@/console/money";
import { useTexts, useWord, useWordsOf } from "@/console/texts";

/** Every plan with its versions: portals stay on theirs until they are moved. */
export function PlansTab() {
  const { t, i18n } = useTexts();
  const { mayChange } = useRole();
  return (
    <Loaded query={useQuery(listPlans(useApi()))} height={400}>
      {({ items }) => (
        <Stack>
          {mayChange && (
            <Group>
              <PlanForm />
            </Group>
          )}
          {items.map((plan) => (
            <Card
              key={plan.code}
              title={`${i18n.language === "ru" ? plan.name_ru : plan.name_en} (${plan.code})`}
              aside={mayChange && <PlanForm current={plan} />}
            >
              <Versions plan={plan} />
            </Card>
          ))}
          {items.length === 0 && t("billing.no_plans")}
        </Stack>
      )}
    </Loaded>
  );
}

function Versions({ plan }: { plan: Plan }) {
  const columns = useColumns();
  return (
    <Loaded query={useQuery(listVersions(useApi(), plan.code))} height={120}>
      {({ items }) => <DataTable records={items} columns={columns} verticalAlign="top" />}
    </Loaded>
  );
}

function useColumns(): DataTableColumn<Plan>[] {
  const { t, i18n } = useTexts();
  const readable = useWord();
  const limitName = useWordsOf("limit");
  const number = (value: number) => count(value, i18n.language);
  return [
    { accessor: "version", title: t("billing.version") },
    { accessor: "created_at", title: t("columns.created_at"), render: ({ created_at }) => <Moment at={created_at} /> },
    {
      accessor: "price_minor",
      title: t("billing.price"),
      render: ({ price_minor, currency, period }) =>
        `${money(price_minor, currency, i18n.language)} / ${readable("period", period)}`,
    },
    {
      accessor: "limits",
      title: t("billing.limits"),
      render: ({ limits, soft_limits }) => (
        <Stack gap={0}>
          {LIMITS.filter((name) => limits[name] !== undefined).map((name) => (
            <Text key={name} size="sm">
              {`${limitName(name)}: ${number(limits[name] ?? 0)}`}
              {soft_limits.includes(name) && ` (${t("billing.soft")})`}
            </Text>
          ))}
        </Stack>
      ),
    },
    {
      accessor: "features",
      title: t("billing.features"),
      render: ({ features }) =>
        FEATURES.filter((name) => features.includes(name))
          .map((name) => readable("feature", name))
          .join(", ") || t("common.none"),
    },
    { accessor: "trial_days", title: t("billing.trial_days") },
    { accessor: "grace_days", title: t("billing.grace_days") },
    { accessor: "portals", title: t("billing.portals_on"), render: ({ portals }) => number(portals) },
  ];
}
