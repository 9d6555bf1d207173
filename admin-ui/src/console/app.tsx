import { useQuery, useQueryClient } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useState } from "react";

import { ProblemNotice } from "@/console/components/problem-notice";
import { SessionContext } from "@/console/context";
import { ChangePassword } from "@/console/features/sign-in/change-password";
import { Front } from "@/console/features/sign-in/front";
import { SignIn } from "@/console/features/sign-in/sign-in";
import { router } from "@/console/router";
import { Session } from "@/console/session";
import { useTexts } from "@/console/texts";
import { mayBeSignedIn } from "@/console/renewal";

type State = "resuming" | "signed_out" | "ended" | "new_password" | "signed_in";

/** The page of the address for who is signed in; the way to sign in for everybody else, at the same address. */
export function App() {
  const queries = useQueryClient();
  const [state, setState] = useState<State>(mayBeSignedIn() ? "resuming" : "signed_out");
  const [session] = useState(
    () =>
      new Session(() => {
        queries.clear();
        setState("ended");
      }),
  );
  const begin = (mustChange: boolean) => setState(mustChange ? "new_password" : "signed_in");
  return (
    <SessionContext value={session}>
      {state === "resuming" && <Resume session={session} onResumed={begin} onEnded={() => setState("ended")} />}
      {state === "signed_in" && <RouterProvider router={router} />}
      {state === "new_password" && <ChangePassword onDone={() => setState("signed_in")} />}
      {(state === "signed_out" || state === "ended") && <SignIn ended={state === "ended"} onOpened={begin} />}
    </SessionContext>
  );
}

interface Props {
  session: Session;
  onResumed: (mustChangePassword: boolean) => void;
  onEnded: () => void;
}

/** Goes on with the session of this browser; nothing is shown meanwhile, unless the server is away. */
function Resume({ session, onResumed, onEnded }: Props) {
  const { t } = useTexts();
  const query = useQuery({
    queryKey: ["resumed"],
    queryFn: async () => {
      const found = await session.resume();
      if (found) onResumed(found.must_change_password);
      else onEnded();
      return true;
    },
    retry: false,
    staleTime: Infinity,
  });
  if (!query.isError) return null;
  return (
    <Front title={t("sign_in.title")}>
      <ProblemNotice problem={query.error} onRetry={() => void query.refetch()} />
    </Front>
  );
}
