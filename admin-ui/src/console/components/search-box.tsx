import { Kbd, TextInput } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useRef, useState } from "react";

import classes from "@/console/components/layout.module.css";
import { useTexts } from "@/console/texts";

/** One box for every id: a portal, a domain, a message, a trace. `/` leads to it. */
export function SearchBox() {
  const { t } = useTexts();
  const navigate = useNavigate();
  const box = useRef<HTMLInputElement>(null);
  const [wanted, setWanted] = useState("");
  useHotkeys([["/", () => box.current?.focus()]]);
  return (
    <form
      role="search"
      className={classes.search}
      onSubmit={(event) => {
        event.preventDefault();
        const q = wanted.trim();
        if (q) void navigate({ to: "/search", search: { q } });
      }}
    >
      <TextInput
        ref={box}
        type="search"
        aria-label={t("shell.search")}
        placeholder={t("shell.search")}
        leftSection={<IconSearch size={18} />}
        rightSection={<Kbd aria-hidden>{"/"}</Kbd>}
        value={wanted}
        onChange={(event) => setWanted(event.currentTarget.value)}
      />
    </form>
  );
}
