import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import type { Search } from "@/console/search";

export interface Place {
  to: "/spool" | "/messages" | "/outbox" | "/logs" | "/queues";
  search?: Search;
}

/** What is said, leading to the list behind it, where there is one. */
export function PlaceLink({ place, children }: { place: Place | undefined; children: ReactNode }) {
  if (!place) return children;
  const { to, search = {} } = place;
  return (
    <Anchor renderRoot={(props: object) => <Link to={to} search={search} {...props} />} size="sm">
      {children}
    </Anchor>
  );
}
