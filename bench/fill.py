"""A database of messaging that has been in use for long: millions of rows, made by Postgres itself.

Each question of a person has a reply, an event for both and two requests in the blackbox: its own and one that was
ignored, in rare cases refused. A fifth of all is one portal's, the others are of very different sizes. What goes
into a partition is loaded as a table of its own, which becomes one when it is full: so its indexes, which are
those of the migrations, are built in one go.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter

import asyncpg

from kit import ids
from kit.partitions import Period, day_of, month_of
from messaging.app import partitioned

PORTALS = 1_000
DAYS = 35
_AFTER = timedelta(seconds=10)
TABLES = ("messages", "events", "bitrix_inbound_events")
_FAST = {"synchronous_commit": "off", "maintenance_work_mem": "256MB", "work_mem": "256MB"}


@dataclass(frozen=True)
class Filled:
    """What there is now."""

    rows: int
    """Of messages, of events and of requests each."""
    dialogs: int
    took_s: float


async def fill(dsn: str, rows: int, now: datetime) -> Filled:
    """Fill the tables of a migrated database with the 35 days before `now`; no row may be there yet."""
    started = perf_counter()
    first_day = day_of(now - timedelta(days=DAYS - 1)).start
    await _run(dsn, _PORTALS)
    await asyncio.gather(*(_load(dsn, table, first_day, now, rows) for table in TABLES))
    await _run(dsn, _DIALOGS, "VACUUM ANALYZE dialogs")
    session = await asyncpg.connect(dsn)
    dialogs = await session.fetchval("SELECT count(*) FROM dialogs")
    await session.close()
    return Filled(rows, dialogs, perf_counter() - started)


async def _load(dsn: str, table: str, first_day: datetime, now: datetime, rows: int) -> None:
    """Load a table partition by partition; a question has two rows in each."""
    session = await asyncpg.connect(dsn, server_settings=_FAST)
    pairs = rows // 2
    step = (now - first_day) / pairs
    for period in _periods(table, first_day, now):
        # The last seconds of a period have no question: what follows one falls into it.
        bounds = max(first_day, period.start), period.end - _AFTER
        first, last = (min(pairs, -((first_day - moment) // step)) for moment in bounds)
        name = f"{table}_{period.suffix}"
        # A partition that is there already holds nothing yet.
        await session.execute(f"DROP TABLE IF EXISTS {name}")
        await session.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
        await session.execute(
            f"INSERT INTO {name} {_ROWS[table]}".format(
                first=first, last=last - 1, start=f"{first_day:%Y-%m-%d}", step_us=step / timedelta(microseconds=1)
            )
        )
        lower, upper = period.bounds
        await session.execute(
            f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{lower}') TO ('{upper}')"
        )
        await session.execute(f"VACUUM ANALYZE {name}")
    await session.close()


def _periods(table: str, first_day: datetime, now: datetime) -> Iterator[Period]:
    of = day_of if any(one.name == table and one.by_day for one in partitioned(timedelta())) else month_of
    start = first_day
    while start <= now:
        yield (period := of(start))
        start = period.end


async def _run(dsn: str, *statements: str) -> None:
    session = await asyncpg.connect(dsn, server_settings=_FAST)
    for statement in statements:
        await session.execute(statement)
    await session.close()


_PORTALS = f"""
    INSERT INTO portals (id, member_id, domain, state, bot_id, token_hashes, access_mode, user_ids, department_ids)
    SELECT CAST(md5('portal ' || number) AS uuid), md5('member ' || number), 'filled-' || number || '.bitrix24.ru',
           'active', 812, '{{}}', 'all', '{{}}', '{{}}'
    FROM generate_series(0, {PORTALS - 1}) AS number
"""
_DIALOGS = """
    INSERT INTO dialogs (portal_id, id, provider_dialog_id, provider_dialog_id_raw, user_id, kind, state,
                         last_message_at, greeted_at, created_at)
    SELECT portal_id, dialog_id, CAST(min(author_id) AS text), CAST(min(author_id) AS text), min(author_id),
           'private', 'idle', max(created_at), min(created_at), min(created_at)
    FROM messages WHERE direction = 'rx' GROUP BY portal_id, dialog_id
"""


def _id(after_ms: str, salt: str) -> str:
    """SQL of a UUIDv7: so many ms after the question, with its chance from the question's number."""
    return (
        f"CAST(lpad(to_hex(ms + {after_ms}), 12, '0') || '7' || substr(md5('{salt}' || n), 1, 3) || '8' || "
        f"substr(md5('{salt}' || n), 4, 15) AS uuid)"
    )


_QUESTIONS = f"""
    (
        SELECT n, at, ms, dice, portal, {_id("0", "q")} AS question_id,
               CAST(md5('portal ' || portal) AS uuid) AS portal_id,
               1000 + dice / 7 % CASE portal WHEN 0 THEN 60000 ELSE 400 END AS user_id
        FROM (
            SELECT n, at, dice, CAST(floor(extract(epoch FROM at) * 1000) AS bigint) AS ms,
                   CASE WHEN dice % 5 = 0 THEN 0
                        ELSE 1 + CAST(floor({PORTALS - 1} * power(share, 4)) AS integer) END AS portal
            FROM (
                SELECT n, abs(CAST(hashint8(n) AS bigint)) AS dice,
                       (hashint8(-n) / 4294967296.0 + 0.5) AS share,
                       CAST('{{start}}' AS timestamptz) + n * {{step_us}} * interval '1 microsecond' AS at
                FROM generate_series(CAST({{first}} AS bigint), {{last}}) AS n
            ) AS drawn
        ) AS placed
        OFFSET 0
    ) AS q
"""
"""Questions by number; OFFSET 0 has each value computed once."""
_DIALOG_ID = "CAST(md5(portal || ' ' || user_id) AS uuid)"
_ROWS = {
    "messages": f"""
        (portal_id, id, dialog_id, trace_id, provider_message_id, direction, kind, author_id, body, state, reason,
         reply_to, reply_to_provider_id, position, handed_at, created_at)
        SELECT portal_id, row.id, {_DIALOG_ID}, question_id, row.provider_message_id, row.direction, 'text',
               row.author_id, row.body, row.state, row.reason, row.reply_to, row.provider_message_id - 1, n,
               row.handed_at, row.at
        FROM {_QUESTIONS} CROSS JOIN LATERAL (
            SELECT question_id, 2 * n, 'rx', user_id, 'Как пройти курс номер ' || n || '?', 'answered', '',
                   CAST(NULL AS uuid), CAST(NULL AS timestamptz), at
            UNION ALL
            SELECT {_id("1", "a")}, 2 * n + 1, 'tx', 812, 'Откройте «Мои курсы», там он первый в списке.',
             CASE WHEN dice % 20000 = 0 THEN 'failed' ELSE 'sent' END,
             CASE WHEN dice % 20000 = 0 THEN 'ACCESS_DENIED' ELSE '' END, question_id, at + interval '1 second',
             at + interval '1 second'
        ) AS row (id, provider_message_id, direction, author_id, body, state, reason, reply_to, handed_at, at)
    """,
    "events": f"""
        (portal_id, id, trace_id, type, provider_event, provider_event_id, dialog_id, message_id, reason, payload,
         created_at)
        SELECT portal_id, row.id, question_id, row.type, row.provider_event, row.provider_event_id, {_DIALOG_ID},
               row.message_id, row.reason, CAST(row.payload AS jsonb), row.at
        FROM {_QUESTIONS} CROSS JOIN LATERAL (
            SELECT question_id, 'rx', 'ONIMBOTV2MESSAGEADD', 'm:' || n, question_id, '',
             '{{{{"user_id": "1001", "provider_dialog_id": "1001"}}}}', at
            UNION ALL
            SELECT {_id("2000", "e")}, CASE WHEN dice % 20000 = 0 THEN 'send_err' ELSE 'send_ok' END, '', '',
             {_id("1", "a")}, CASE WHEN dice % 20000 = 0 THEN 'ACCESS_DENIED' ELSE '' END,
             '{{{{"provider_message_id": "70101"}}}}', at + interval '2 seconds'
        ) AS row (id, type, provider_event, provider_event_id, message_id, reason, payload, at)
    """,
    "bitrix_inbound_events": f"""
        (portal_id, id, received_at, stored_at, method, path, domain, member_id, event, dialog_id, user_id,
         content_type, headers, body, body_truncated, body_sha256, token_hash, remote_ip, outcome, reason)
        SELECT row.portal_id, row.id, row.at, row.at + interval '5 milliseconds', 'POST', '/v1/bitrix/events',
               'filled-' || portal || '.bitrix24.ru', md5('member ' || portal), row.event,
               CAST(user_id AS text), user_id,
               'application/x-www-form-urlencoded', '{{{{"host": "127.0.0.1:3000"}}}}',
               CAST('event=' || row.event AS bytea), false, sha256(CAST(row.event AS bytea)), '', '203.0.113.7',
               row.outcome, row.reason
        FROM {_QUESTIONS} CROSS JOIN LATERAL (
            SELECT portal_id, question_id, 'ONIMBOTV2MESSAGEADD', 'accepted', '', at
            UNION ALL
            SELECT CASE WHEN dice % 5000 = 0 THEN CAST('{ids.NIL}' AS uuid) ELSE portal_id END, {_id("3000", "i")},
             'ONIMBOTV2REACTIONCHANGE', CASE WHEN dice % 5000 = 0 THEN 'refused' ELSE 'ignored' END,
             CASE WHEN dice % 20000 = 0 THEN 'wrong_token' WHEN dice % 5000 = 0 THEN 'unknown_portal'
                  ELSE 'reaction' END, at + interval '3 seconds'
        ) AS row (portal_id, id, event, outcome, reason, at)
    """,
}
