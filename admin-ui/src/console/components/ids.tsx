import { Anchor, Code } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import classes from "@/console/components/layout.module.css";
import { useApi } from "@/console/context";
import { onePortal } from "@/console/features/portals/queries";
import type { Search } from "@/console/search";
import { useTexts } from "@/console/texts";

/** An id is known by its end: those made together begin alike. */
const short = (id: string) => `…${id.slice(-8)}`;

export function TraceLink({ id, isWhole = false }: { id: string; isWhole?: boolean }) {
  return (
    <Anchor component={Link} to={`/traces/${id}`} size="sm" title={id} ff="monospace" className={classes.id ?? ""}>
      {isWhole ? id : short(id)}
    </Anchor>
  );
}

export function DialogLink({ id, text }: { id: string; text?: string | undefined }) {
  return (
    <Anchor component={Link} to={`/dialogs/${id}`} size="sm" title={id}>
      {text ?? short(id)}
    </Anchor>
  );
}

interface PortalProps {
  id: string | null;
  tab?: string;
  /** Named by its id: where there may be many, or where it may be none that is known. */
  isUnnamed?: boolean;
}

/** A portal by its domain, which is asked for once. */
export function PortalLink({ id, tab, isUnnamed = false }: PortalProps) {
  const { t } = useTexts();
  const { data } = useQuery({
    ...onePortal(useApi(), id ?? ""),
    enabled: Boolean(id) && !isUnnamed,
    staleTime: 600_000,
  });
  if (!id) return t("common.none");
  const search: Search = tab ? { tab } : {};
  return (
    <Anchor
      renderRoot={(props: object) => <Link to={`/portals/${id}`} search={search} {...props} />}
      size="sm"
      title={id}
    >
      {data?.domain ?? short(id)}
    </Anchor>
  );
}

export function Id({ id }: { id: string }) {
  return <Code>{id}</Code>;
}
