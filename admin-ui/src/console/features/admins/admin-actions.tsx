import { Group, PasswordInput, Select, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { Confirmed } from "@/console/components/confirm";
import { useApi } from "@/console/context";
import { type Admin, type AdminChange, changeAdmin, removeAdmin, ROLES } from "@/console/features/admins/queries";
import { useTexts, useWord } from "@/console/texts";

/** What an owner may do with an account. */
export function AdminActions({ admin }: { admin: Admin }) {
  return (
    <Group gap="xs">
      <Role admin={admin} />
      <Password admin={admin} />
      <Access admin={admin} />
      <Remove admin={admin} />
    </Group>
  );
}

function useAction(act: () => Promise<unknown>) {
  const queries = useQueryClient();
  return useMutation({ mutationFn: act, onSuccess: () => queries.invalidateQueries({ queryKey: ["admins"] }) });
}

function useChange(admin: Admin, change: AdminChange) {
  const api = useApi();
  return useAction(() => changeAdmin(api, admin.id, change));
}

function Role({ admin }: { admin: Admin }) {
  const { t } = useTexts();
  const readable = useWord();
  const [role, setRole] = useState<(typeof ROLES)[number]>();
  const action = useChange(admin, role ? { role } : {});
  return (
    <Confirmed label={t("admins.role")} title={admin.email} action={action} ready={Boolean(role)}>
      <Select
        label={t("columns.role")}
        data={ROLES.map((value) => ({ value, label: readable("role", value) }))}
        defaultValue={admin.role}
        onChange={(value) => setRole(ROLES.find((one) => one === value))}
        allowDeselect={false}
      />
    </Confirmed>
  );
}

function Password({ admin }: { admin: Admin }) {
  const { t } = useTexts();
  const [password, setPassword] = useState("");
  const action = useChange(admin, { password });
  return (
    <Confirmed label={t("admins.password")} title={admin.email} action={action} ready={Boolean(password)}>
      <PasswordInput
        label={t("sign_in.new")}
        description={t("admins.password_what")}
        autoComplete="new-password"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
    </Confirmed>
  );
}

function Access({ admin }: { admin: Admin }) {
  const { t } = useTexts();
  const action = useChange(admin, { disabled: !admin.disabled });
  return (
    <Confirmed
      label={admin.disabled ? t("admins.enable") : t("admins.disable")}
      title={admin.email}
      action={action}
      danger={!admin.disabled}
    >
      <Text size="sm">{admin.disabled ? t("admins.enable_what") : t("admins.disable_what")}</Text>
    </Confirmed>
  );
}

function Remove({ admin }: { admin: Admin }) {
  const { t } = useTexts();
  const api = useApi();
  const action = useAction(() => removeAdmin(api, admin.id));
  return (
    <Confirmed label={t("admins.remove")} title={admin.email} action={action} danger>
      <Text size="sm">{t("admins.remove_what")}</Text>
    </Confirmed>
  );
}
