"""Events of the application's life, sent to handlers of event.bind (contract 1.4)."""

from typing import Any

from b24sim.cloud import Cloud
from b24sim.events.auth import farewell_auth, user_auth
from b24sim.events.sender import Parcel, record
from b24sim.portal import Portal
from bitrix import phpform


def publish_application(
    cloud: Cloud, portal: Portal, event: str, data: dict[str, Any], user_id: int | None
) -> None:
    """Send `event` to each handler bound to it; without a user there are no tokens (uninstall)."""
    for handler in portal.handlers:
        if handler.event != event:
            continue
        fields: dict[str, Any] = {
            "event": event,
            "event_handler_id": handler.id,
            "data": data,
            "ts": int(cloud.clock()),
            "auth": farewell_auth(cloud, portal) if user_id is None else user_auth(cloud, portal, user_id),
        }
        parcel = Parcel(event, handler.url, phpform.encode(fields))
        if portal.installed:
            _ = cloud.sender.post(portal, parcel)
        else:
            record(portal, parcel, cloud.clock(), "not_installed")
