import { Button, Group, NavLink, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";

import { Appearance } from "@/console/components/appearance";
import classes from "@/console/components/layout.module.css";
import { PLACES } from "@/console/components/places";
import { SearchBox } from "@/console/components/search-box";
import { me, useApi, useRole, useSession } from "@/console/context";
import { useTexts } from "@/console/texts";
import { Sign } from "@/shared/sign";

/** What every page stands in: the way to all others, the search, who is signed in. */
export function Shell() {
  const { t } = useTexts();
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#content">
        {t("shell.skip")}
      </a>
      <header className={classes.header}>
        <Group gap="sm" wrap="nowrap" className={classes.brand ?? ""}>
          <Sign size={32} />
          <Text fw={650}>{t("shell.product")}</Text>
        </Group>
        <SearchBox />
        <Who />
      </header>
      <Navigation />
      <main id="content" className={classes.content} tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}

function Navigation() {
  const { t } = useTexts();
  const { isOwner } = useRole();
  const { pathname } = useLocation();
  const isHere = (to: string) => (to === "/" ? pathname === "/" : pathname.startsWith(to));
  return (
    <nav className={classes.navigation} aria-label={t("shell.navigation")}>
      {PLACES.filter((place) => isOwner || !place.ownersOnly).map(({ to, name, Icon }) => (
        <NavLink
          key={to}
          component={Link}
          to={to}
          active={isHere(to)}
          aria-current={isHere(to) ? "page" : undefined}
          label={t(`places.${name}`)}
          leftSection={<Icon size={18} stroke={1.7} aria-hidden />}
        />
      ))}
    </nav>
  );
}

function Who() {
  const { t } = useTexts();
  const session = useSession();
  const { data } = useQuery(me(useApi()));
  return (
    <Group gap="xs" wrap="nowrap">
      <Appearance />
      <Text size="sm" c="dimmed" truncate className={classes.email ?? ""}>
        {data?.email}
      </Text>
      <Button variant="default" size="compact-sm" onClick={() => void session.signOut()}>
        {t("shell.sign_out")}
      </Button>
    </Group>
  );
}
