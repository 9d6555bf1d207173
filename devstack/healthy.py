"""`python -m devstack.healthy 50051` asks a gRPC server of this container, `... 8000/health` an HTTP one.

For compose's healthchecks; Kubernetes asks by itself.
"""

import asyncio
import sys

from devstack import probes


async def healthy(asked: str) -> bool:
    """Whether `port` answers SERVING, or `port/path` 200."""
    port, slash, path = asked.partition("/")
    return await (probes.http_ok(int(port), slash + path) if slash else probes.grpc_serving(f"127.0.0.1:{port}"))


if __name__ == "__main__":
    sys.exit(not asyncio.run(healthy(sys.argv[1])))
