import { useQuery } from "@tanstack/react-query";
import type { DataTableColumn } from "mantine-datatable";

import { Filters } from "@/console/components/filters";
import { DialogLink, PortalLink } from "@/console/components/ids";
import { List } from "@/console/components/list";
import { Moment } from "@/console/components/moment";
import { Word } from "@/console/components/word";
import { useApi } from "@/console/context";
import { type Dialog, dialogsFile, listDialogs } from "@/console/features/dialogs/queries";
import { useFilters } from "@/console/search";
import { useTexts, useWord } from "@/console/texts";

/** Dialogs by their last message, of everybody or of one portal. */
export function DialogList({ portalId }: { portalId?: string }) {
  const { t } = useTexts();
  const api = useApi();
  const [address] = useFilters();
  const search = portalId ? { ...address, portal_id: portalId } : address;
  return (
    <>
      <Filters filters={portalId ? [] : [{ name: "portal_id" }]} />
      <List
        name="dialogs"
        label={t("places.dialogs")}
        query={useQuery(listDialogs(api, search))}
        columns={useColumns(!portalId)}
        file={() => dialogsFile(api, search)}
        empty={t("dialogs.empty")}
      />
    </>
  );
}

function useColumns(withPortal: boolean): DataTableColumn<Dialog>[] {
  const { t } = useTexts();
  const readable = useWord();
  return [
    {
      accessor: "provider_dialog_id",
      title: t("columns.dialog"),
      render: ({ id, provider_dialog_id }) => <DialogLink id={id} text={provider_dialog_id} />,
    },
    {
      accessor: "portal_id",
      title: t("columns.portal"),
      hidden: !withPortal,
      render: ({ portal_id }) => <PortalLink id={portal_id} />,
    },
    { accessor: "user_id", title: t("columns.user") },
    { accessor: "kind", title: t("columns.kind"), render: ({ kind }) => readable("dialog_kind", kind) },
    {
      accessor: "state",
      title: t("columns.state"),
      render: ({ state }) => <Word kind="dialog_state" word={state} />,
    },
    {
      accessor: "last_message_at",
      title: t("columns.last_message_at"),
      render: ({ last_message_at }) => <Moment at={last_message_at} />,
    },
  ];
}
