import { Combobox, Loader, Stack, TextInput, type TextInputProps, useCombobox } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";

import { SearchIcon } from "@/portal/components/icons";

interface Props {
  /** The id of the list, which is among the children. */
  listId: string;
  label: string;
  placeholder: string;
  typed: string;
  onType: (typed: string) => void;
  busy?: boolean;
  children: ReactNode;
}

/** A search, and the list that it narrows; the arrow keys and Enter reach the rows from within the search. */
export function Searched({ listId, label, placeholder, typed, onType, busy = false, children }: Props) {
  const { t } = useTranslation();
  const [moved, setMoved] = useState(false);
  const combobox = useCombobox({ opened: true });
  return (
    <Combobox store={combobox}>
      <Stack gap="sm">
        <Combobox.EventsTarget withExpandedAttribute aria-controls={listId}>
          <SearchInput
            still={!moved}
            label={label}
            placeholder={placeholder}
            description={t("people.keys")}
            leftSection={<SearchIcon size={18} />}
            rightSection={busy ? <Loader size={16} /> : null}
            value={typed}
            onChange={(event) => {
              onType(event.currentTarget.value);
              combobox.resetSelectedOption();
              setMoved(false);
            }}
            onKeyDown={({ key }) => setMoved(moved || key === "ArrowDown" || key === "ArrowUp")}
          />
        </Combobox.EventsTarget>
        {children}
      </Stack>
    </Combobox>
  );
}

/** The list is always there. While nobody has moved through it, the library still points at a row of the one before. */
function SearchInput({ still, ...props }: TextInputProps & { still: boolean }) {
  const active = still ? undefined : props["aria-activedescendant"];
  return <TextInput {...props} aria-expanded aria-activedescendant={active} />;
}
