import { PasswordInput, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { Confirmed } from "@/console/components/confirm";
import { useApi } from "@/console/context";
import { createAdmin, type NewAdmin, ROLES } from "@/console/features/admins/queries";
import { useTexts, useWord } from "@/console/texts";

/** An account for one more person. */
export function NewAdminButton() {
  const { t } = useTexts();
  const readable = useWord();
  const api = useApi();
  const queries = useQueryClient();
  const [draft, setDraft] = useState<NewAdmin>({ email: "", role: "viewer", password: "" });
  const action = useMutation({
    mutationFn: () => createAdmin(api, draft),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["admins"] }),
  });
  return (
    <Confirmed
      label={t("admins.create")}
      title={t("admins.create")}
      action={action}
      ready={Boolean(draft.email && draft.password)}
    >
      <TextInput
        label={t("sign_in.email")}
        value={draft.email}
        onChange={(event) => setDraft({ ...draft, email: event.currentTarget.value })}
      />
      <Select
        label={t("columns.role")}
        data={ROLES.map((value) => ({ value, label: readable("role", value) }))}
        value={draft.role}
        onChange={(role) => role && setDraft({ ...draft, role })}
        allowDeselect={false}
      />
      <PasswordInput
        label={t("sign_in.password")}
        description={t("admins.password_what")}
        autoComplete="new-password"
        value={draft.password}
        onChange={(event) => setDraft({ ...draft, password: event.currentTarget.value })}
      />
    </Confirmed>
  );
}
