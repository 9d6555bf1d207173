import { Button, PasswordInput, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { ProblemNotice } from "@/console/components/problem-notice";
import { useSession } from "@/console/context";
import { Front } from "@/console/features/sign-in/front";
import { useTexts } from "@/console/texts";

/** Asked of who signs in with the default password, or with one that somebody else chose. */
export function ChangePassword({ onDone }: { onDone: () => void }) {
  const { t } = useTexts();
  const session = useSession();
  const [current, setCurrent] = useState("");
  const [chosen, setChosen] = useState("");
  const change = useMutation({
    mutationFn: () => session.changePassword(current, chosen),
    onSuccess: onDone,
  });
  return (
    <Front title={t("sign_in.new_title")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <Stack>
          <Text c="dimmed">{t("sign_in.new_why")}</Text>
          {change.isError && <ProblemNotice problem={change.error} />}
          <PasswordInput
            label={t("sign_in.current")}
            autoComplete="current-password"
            required
            value={current}
            onChange={(event) => setCurrent(event.currentTarget.value)}
          />
          <PasswordInput
            label={t("sign_in.new")}
            autoComplete="new-password"
            required
            value={chosen}
            onChange={(event) => setChosen(event.currentTarget.value)}
          />
          <Button type="submit" loading={change.isPending}>
            {t("sign_in.new_submit")}
          </Button>
          <Button variant="subtle" color="gray" onClick={() => void session.signOut()}>
            {t("shell.sign_out")}
          </Button>
        </Stack>
      </form>
    </Front>
  );
}
