import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";

import { ProblemNotice } from "@/console/components/problem-notice";
import { useSession } from "@/console/context";
import { Front } from "@/console/features/sign-in/front";
import { useTexts } from "@/console/texts";

interface Props {
  ended: boolean;
  onOpened: (mustChangePassword: boolean) => void;
}

/** Where a member of the staff says who they are. */
export function SignIn({ ended, onOpened }: Props) {
  const { t } = useTexts();
  const session = useSession();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useMutation({
    mutationFn: () => session.signIn(email, password),
    onSuccess: (opened) => onOpened(opened.must_change_password),
  });
  return (
    <Front title={t("sign_in.title")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          signIn.mutate();
        }}
      >
        <Stack>
          {ended && !signIn.isError && (
            <Alert color="azure" variant="light">
              {t("sign_in.ended")}
            </Alert>
          )}
          {signIn.isError && <ProblemNotice problem={signIn.error} />}
          <TextInput
            label={t("sign_in.email")}
            name="email"
            autoComplete="username"
            required
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <PasswordInput
            label={t("sign_in.password")}
            name="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Button type="submit" loading={signIn.isPending}>
            {t("sign_in.submit")}
          </Button>
        </Stack>
      </form>
    </Front>
  );
}
