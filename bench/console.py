"""The console in a real browser, over many portals and a million messages: until when a page can be used."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from urllib.parse import urlparse

from playwright.async_api import Page, expect

from bench.fill import fill
from bench.report import Goal, Section
from bench.whole import Stack, whole_stack
from tests.ui.visit import HAS_CHROMIUM, chromium

GOAL_S = 1.5
_IS_READY = "selector => !document.querySelector(selector)"
_PLACEHOLDERS = "main .mantine-Skeleton-root, main .mantine-Loader-root"
_NOTE = (
    "From the address to a page without placeholders, loaded anew each time; browser and stack share the machine. "
    "One portal has a fifth of all messages; the page of a portal is that one's."
)
_PAGES = {
    "overview": "",
    "portals": "/portals",
    "portals, searched": "/portals?query=filled-77",
    "a portal": "/portals/{portal}",
    "a portal's dialogs": "/portals/{portal}?tab=dialogs",
    "a portal's outbox": "/portals/{portal}?tab=outbox",
    "a portal's usage": "/portals/{portal}?tab=billing",
    "a portal's audit": "/portals/{portal}?tab=audit",
    "dialogs": "/dialogs",
    "messages": "/messages",
    "messages that failed": "/messages?state=failed",
    "outbox": "/outbox",
    "dead letters": "/outbox?state=dead",
    "inbound events": "/inbound-events",
    "blackbox storage": "/inbound-events?tab=storage",
    "queues and workers": "/queues",
    "gateway's queue": "/spool",
    "logs": "/logs",
    "billing": "/billing",
    "plans": "/billing?tab=plans",
    "usage": "/billing?tab=usage",
    "activity": "/billing?tab=activity",
    "audit": "/audit",
}


@dataclass(frozen=True)
class Plan:
    """How much there is."""

    portals: int
    messages: int
    visits: int


FULL = Plan(portals=10_000, messages=1_000_000, visits=5)
QUICK = Plan(portals=1_500, messages=20_000, visits=2)


@dataclass(frozen=True)
class Row:
    """A page, loaded anew each time."""

    page: str
    p50_s: float
    worst_s: float

    def cells(self) -> Sequence[str]:
        """What the table shows of it."""
        return self.page, f"{self.p50_s:.2f}", f"{self.worst_s:.2f}"


async def measure(plan: Plan) -> Sequence[Section]:
    """Fill, sign in, and load every page; nothing where there is no browser."""
    if not HAS_CHROMIUM:
        print("console: no chromium here", flush=True)
        return []
    print("console: pages over a million messages", flush=True)
    async with whole_stack() as stack, chromium() as browser:
        await _fill(stack, plan)
        page = await browser.new_page()
        await _signed_in(page, stack)
        portal = await stack.session.fetchval("SELECT md5('portal 0')::uuid::text")
        rows = [
            await _row(page, name, f"{stack.url}/admin{path.format(portal=portal)}", plan.visits)
            for name, path in _PAGES.items()
        ]
    worst = max(rows, key=lambda row: row.p50_s)
    section = Section(
        title=f"Console: pages over {plan.portals:,} portals and {plan.messages:,} messages",
        head=("page", "p50, s", "worst, s"),
        rows=rows,
        goals=[Goal.at_most(f"until the slowest page ({worst.page}) can be used, p50, s", GOAL_S, worst.p50_s)],
        note=_NOTE,
    )
    return [section]


async def _signed_in(page: Page, stack: Stack) -> None:
    """The owner of a new stack chooses a password of their own."""
    first, own = "changeme", "a password of one's own 2"
    await page.set_viewport_size({"width": 1360, "height": 900})
    await page.add_init_script("localStorage.setItem('teachbase-language', '\"en\"')")
    await page.goto(f"{stack.url}/admin")
    await page.locator("input[name=email]").fill("admin@localhost")
    await page.locator("input[name=password]").fill(first)
    await page.locator("button[type=submit]").click()
    await page.get_by_label("Current password").fill(first)
    await page.get_by_label("New password").fill(own)
    await page.get_by_role("button", name="Change and go on").click()
    await expect(page.get_by_role("heading", name="Overview")).to_be_visible()


async def _row(page: Page, name: str, url: str, visits: int) -> Row:
    took = []
    for _ in range(visits + 1):
        began = perf_counter()
        await page.goto(url, wait_until="commit")
        await page.get_by_role("main").get_by_role("heading").first.wait_for()
        await page.wait_for_function(
            "selector => !document.querySelector(selector)", arg=_PLACEHOLDERS, polling=20
        )
        took.append(perf_counter() - began)
    assert urlparse(page.url).path == urlparse(url).path, page.url
    return Row(name, statistics.median(took[1:]), max(took[1:]))  # the first had nothing in any cache


async def _fill(stack: Stack, plan: Plan) -> None:
    """Messaging's tables by its own fill; portals, what they pay and what was sent to them beside it."""
    await fill(f"{stack.dsn}?search_path=messaging", plan.messages, datetime.now(UTC))
    for statement in _STATEMENTS:
        await stack.session.execute(statement.format(last=plan.portals - 1))
    await stack.session.execute("ANALYZE")


_PORTAL = "CAST(md5('portal ' || n) AS uuid)"
_STATEMENTS = (
    f"""
    INSERT INTO portal.portals (id, member_id, domain, client_endpoint, state, bot_id, bot_state, installed_at,
                                last_proven_alive_at, created_at, probe_due_at)
    SELECT {_PORTAL}, md5('member ' || n), 'filled-' || n || '.bitrix24.ru', '', 'active', 812, 'registered',
           now(), now(), now() - n * interval '1 minute', now() + interval '1 day'
    FROM generate_series(0, {{last}}) AS n
    """,
    f"""
    INSERT INTO billing.portal_billing (portal_id, plan_code, plan_version)
    SELECT {_PORTAL}, 'start', 1 FROM generate_series(0, {{last}}) AS n
    """,
    f"""
    INSERT INTO billing.usage_days (portal_id, metric, day, units)
    SELECT {_PORTAL}, 'replies_per_month', CAST(now() AS date) - day, 1 + n % 50
    FROM generate_series(0, {{last}}) AS n CROSS JOIN generate_series(0, 29) AS day
    """,
    """
    INSERT INTO delivery.outbox (portal_id, id, dialog_id, provider_dialog_id, part, body, priority, state,
                                 attempts, cause, next_step, uuid, trace_id, created_at, sent_at)
    SELECT portal_id, id, dialog_id, '1', 0, body, 1, CASE state WHEN 'failed' THEN 'dead' ELSE 'sent' END,
           1, reason, '', CAST(id AS text), replace(CAST(trace_id AS text), '-', ''), created_at,
           CASE state WHEN 'sent' THEN created_at END
    FROM messaging.messages WHERE direction = 'tx'
    """,
)
