"""The `auth` blocks of an event (contract 5.2), key by key in the order of the wire."""

from typing import Any

from b24sim.cloud import Cloud
from b24sim.portal import Portal


def user_auth(cloud: Cloud, portal: Portal, user_id: int, *, refresh: bool = False) -> dict[str, Any]:
    """Tokens of a user for an event; `refresh` adds the refresh token (bot blocks, install)."""
    pair = cloud.tokens.for_event(portal, user_id, cloud.clock())
    block = {
        "access_token": pair.access,
        "expires": pair.expires,
        "expires_in": portal.token_ttl,
        "scope": portal.scope,
        "domain": portal.domain,
        "server_endpoint": cloud.server_endpoint,
        "status": portal.status,
        "client_endpoint": cloud.client_endpoint(portal),
        "member_id": portal.member_id,
        "user_id": user_id,
    }
    if refresh:
        block["refresh_token"] = pair.refresh
    return {**block, "application_token": portal.application_token}


def nobody_auth(portal: Portal) -> dict[str, Any]:
    """The block of an action without a user: a robot, an agent (contract 5.2)."""
    return {
        "domain": portal.domain,
        "member_id": portal.member_id,
        "application_token": portal.application_token,
    }


def farewell_auth(cloud: Cloud, portal: Portal) -> dict[str, Any]:
    """The block of ONAPPUNINSTALL: the rights are gone, so there are no tokens (contract 1.4)."""
    return {
        "domain": portal.domain,
        "server_endpoint": cloud.server_endpoint,
        "client_endpoint": cloud.client_endpoint(portal),
        "member_id": portal.member_id,
        "application_token": portal.application_token,
    }
