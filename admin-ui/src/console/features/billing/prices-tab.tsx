import { Alert, Group, List, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { DataTable, type DataTableColumn } from "mantine-datatable";

import { Loaded } from "@/console/components/loaded";
import { Moment } from "@/console/components/moment";
import { useApi, useRole } from "@/console/context";
import { PriceForm } from "@/console/features/billing/price-form";
import { listPrices, type ModelPrice } from "@/console/features/billing/queries";
import { money } from "@/console/money";
import { useTexts } from "@/console/texts";

/** What models cost: of one without a price the cost counts as nothing. */
export function PricesTab() {
  const { t } = useTexts();
  const { mayChange } = useRole();
  const columns = useColumns();
  return (
    <Loaded query={useQuery(listPrices(useApi()))} height={300}>
      {({ items, unpriced }) => (
        <Stack>
          {unpriced.length > 0 && (
            <Alert color="orange" variant="light" title={t("billing.unpriced")}>
              <Text size="sm">{t("billing.unpriced_what")}</Text>
              <List size="sm">
                {unpriced.map((model) => (
                  <List.Item key={model}>
                    <Group gap="xs">
                      {model}
                      {mayChange && <PriceForm label={t("billing.set_price")} model={model} />}
                    </Group>
                  </List.Item>
                ))}
              </List>
            </Alert>
          )}
          {mayChange && (
            <Group>
              <PriceForm label={t("billing.new_price")} />
            </Group>
          )}
          <DataTable
            records={items}
            idAccessor="model"
            columns={columns}
            noRecordsText={t("billing.no_prices")}
            minHeight={items.length ? 0 : 180}
            borderRadius="lg"
            withTableBorder
          />
        </Stack>
      )}
    </Loaded>
  );
}

function useColumns(): DataTableColumn<ModelPrice>[] {
  const { t, i18n } = useTexts();
  const { mayChange } = useRole();
  const sum = (minor: number, currency: string) => money(minor, currency, i18n.language);
  return [
    { accessor: "model", title: t("billing.model") },
    {
      accessor: "prompt_minor",
      title: t("billing.prompt_price"),
      render: ({ prompt_minor, currency }) => sum(prompt_minor, currency),
    },
    {
      accessor: "completion_minor",
      title: t("billing.completion_price"),
      render: ({ completion_minor, currency }) => sum(completion_minor, currency),
    },
    { accessor: "valid_from", title: t("billing.valid_from"), render: ({ valid_from }) => <Moment at={valid_from} /> },
    {
      accessor: "actions",
      title: t("columns.actions"),
      hidden: !mayChange,
      render: (price) => <PriceForm label={t("billing.change_price")} model={price.model} current={price} />,
    },
  ];
}
