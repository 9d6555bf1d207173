"""What calls of portals cost and how they end. Labels are small closed sets: never a portal, never a method."""

from prometheus_client import Counter, Histogram

CALL_SECONDS = Histogram(
    "tb_bitrix_seconds",
    "Time a request to a portal took",
    ["outcome"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20),
)
WAIT_SECONDS = Histogram(
    "tb_limiter_wait_seconds",
    "Time a request that went out had waited for its portal's rate budget",
    ["priority"],
    buckets=(0.01, 0.1, 0.5, 1, 2.5, 5, 10, 30),
)
HELD_BACK = Counter("tb_bitrix_held_back_total", "Requests that were not made, by what held them back", ["reason"])
BREAKER_OPENED = Counter("tb_breaker_opened_total", "How often the breaker of some portal opened")
