"""Where a request comes from."""

from fastapi import Request

from edge.events_address import MAX_IP


def remote_ip(request: Request) -> str:
    """Return the caller's address as uvicorn took it from the proxy, which does not look whether it is one."""
    return request.client.host[:MAX_IP] if request.client else ""
