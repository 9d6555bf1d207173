import { useQueryClient } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useState } from "react";

import { SessionContext } from "@/console/context";
import { ChangePassword } from "@/console/features/sign-in/change-password";
import { SignIn } from "@/console/features/sign-in/sign-in";
import { router } from "@/console/router";
import { Session } from "@/console/session";

type State = "signed_out" | "ended" | "new_password" | "signed_in";

/** The page of the address for who is signed in; the way to sign in for everybody else, at the same address. */
export function App() {
  const queries = useQueryClient();
  const [state, setState] = useState<State>("signed_out");
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
      {state === "signed_in" && <RouterProvider router={router} />}
      {state === "new_password" && <ChangePassword onDone={() => setState("signed_in")} />}
      {(state === "signed_out" || state === "ended") && <SignIn ended={state === "ended"} onOpened={begin} />}
    </SessionContext>
  );
}
