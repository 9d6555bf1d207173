"""Prometheus metrics that every process has. Labels are small closed sets."""

from prometheus_client import Counter, Histogram, start_http_server

RPC_SECONDS = Histogram(
    "tb_rpc_server_seconds",
    "Time a gRPC method took",
    ["method", "code"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
PEER_FAILURES = Counter("tb_peer_failures_total", "Calls to another context that failed", ["peer", "code"])
CALLERS_REFUSED = Counter(
    "tb_rpc_callers_refused_total", "Calls that the call graph has not", ["caller", "method"]
)
BELL_FAILURES = Counter("tb_bell_failures_total", "Rings of the doorbell that Redis did not take", ["queue"])
BACKGROUND_FAILURES = Counter("tb_background_failures_total", "Rounds of a background task that failed", ["task"])
LOG_FAILURES = Counter("tb_log_failures_total", "Writes of the log that its disk or reader did not take")


def serve(port: int) -> None:
    """Answer `GET /metrics` on a loopback or pod port from a thread; port 0 = do not."""
    if port:
        start_http_server(port)
