import { NativeSelect, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";

import type { DocumentState } from "@/portal/api";
import { SearchIcon } from "@/portal/components/icons";
import type { Filter } from "@/portal/features/knowledge/documents";
import classes from "@/portal/features/knowledge/knowledge.module.css";

const STATES: DocumentState[] = ["uploaded", "extracting", "indexing", "ready", "failed"];

/** Which documents are shown. */
export function Filters({ filter, onChange }: { filter: Filter; onChange: (filter: Filter) => void }) {
  const { t } = useTranslation();
  return (
    <div className={classes.filters}>
      <TextInput
        aria-label={t("knowledge.search")}
        placeholder={t("knowledge.search_placeholder")}
        leftSection={<SearchIcon size={18} />}
        value={filter.query}
        maxLength={255}
        onChange={(event) => onChange({ ...filter, query: event.currentTarget.value })}
      />
      <NativeSelect
        aria-label={t("knowledge.filter")}
        value={filter.state}
        onChange={({ currentTarget: { value } }) =>
          onChange({ ...filter, state: STATES.find((state) => state === value) ?? "" })
        }
        data={[
          { value: "", label: t("knowledge.every_state") },
          ...STATES.map((state) => ({ value: state, label: t(`states.${state}`) })),
        ]}
      />
    </div>
  );
}
