"""`python -m devstack.healthy portal:50051` asks this container's gRPC server, `... 8000/health` an HTTP one.

For the health checks of compose.yaml and k8s/: kubelet's own gRPC probe has no certificate to show, so the pod
asks itself with its own.
"""

import asyncio
import sys

from devstack import probes
from kit.config import TransportSettings, read


async def healthy(asked: str) -> bool:
    """Whether `name:port` answers SERVING, or `port/path` 200."""
    port, slash, path = asked.partition("/")
    if slash:
        return await probes.http_ok(int(port), slash + path)
    name, _, port = asked.partition(":")
    return await probes.grpc_serving(f"127.0.0.1:{port}", name, read(TransportSettings))


if __name__ == "__main__":
    sys.exit(not asyncio.run(healthy(sys.argv[1])))
