"""Prometheus metrics that every process has. Labels are small closed sets: never a portal, a person or a text."""

from prometheus_client import Counter, Gauge, Histogram, start_http_server

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

RPC_SECONDS = Histogram("tb_rpc_server_seconds", "Time a gRPC method took", ["method", "code"], buckets=_QUICK)
RPC_RUNNING = Gauge("tb_rpc_server_running", "Calls of a gRPC method that are under way", ["method"])
PEER_FAILURES = Counter("tb_peer_failures_total", "Calls to another context that failed", ["peer", "code"])
CALLERS_REFUSED = Counter(
    "tb_rpc_callers_refused_total", "Calls that the call graph has not", ["caller", "method"]
)
BELL_FAILURES = Counter("tb_bell_failures_total", "Rings of the doorbell that Redis did not take", ["queue"])
BACKGROUND_FAILURES = Counter("tb_background_failures_total", "Rounds of a background task that failed", ["task"])
LOG_FAILURES = Counter("tb_log_failures_total", "Writes of the log that its disk or reader did not take")
WORK_SECONDS = Histogram(
    "tb_work_seconds",
    "Time a job, a piece of claimed work or a round in the background took",
    ["kind", "name", "outcome"],
    buckets=(0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60),
)
WORK_RUNNING = Gauge("tb_work_running", "Jobs, pieces and rounds that are under way", ["kind", "name"])
QUEUE_DEPTH = Gauge("tb_queue_depth", "What waits in a queue, as its rows say, at most 100 000", ["queue"])
QUEUE_OLDEST = Gauge("tb_queue_oldest_seconds", "For how long the oldest of what is due has waited", ["queue"])


def serve(port: int) -> None:
    """Answer `GET /metrics` on a loopback or pod port from a thread; port 0 = do not."""
    if port:
        start_http_server(port)
