"""How the control API shows portals, chats and messages."""

from typing import Any

from b24sim.clock import utc
from b24sim.cloud import Cloud
from b24sim.events.views import dialog_id
from b24sim.model import Chat, Employee, Message
from b24sim.portal import Portal


def portal_view(cloud: Cloud, portal: Portal) -> dict[str, Any]:
    """A portal in a list."""
    return {
        "member_id": portal.member_id,
        "domain": portal.domain,
        "client_endpoint": cloud.client_endpoint(portal),
        "application_token": portal.application_token,
        "installed": portal.installed,
        "uninstalled": portal.uninstalled,
        "license": portal.license,
        "scope": portal.scope,
        "payment_expired": portal.payment_expired,
        "clock_skew_s": portal.clock_skew_s,
        "language": portal.language,
        "token_ttl": portal.token_ttl,
        "command_events": portal.command_events,
        "limits": "off" if portal.limits.off else {"rate": portal.limits.rate, "burst": portal.limits.burst},
        "faults": portal.faults,
        "users_count": len(portal.users),
        "bots": [
            {"id": bot.id, "code": bot.code, "name": bot.name, "api": bot.api, "event_mode": bot.event_mode,
             "webhook_url": bot.webhook_url, "position": bot.properties.get("workPosition", "")}
            for bot in portal.bots.values()
        ],
        "counts": portal.counts,
        "created_at": utc(portal.created_at),
    }  # fmt: skip


def user_view(user: Employee) -> dict[str, Any]:
    """An employee for the page's list."""
    return {
        "id": user.id,
        "name": user.full_name,
        "position": user.position,
        "departments": user.departments,
        "admin": user.admin,
        "active": user.active,
        "extranet": user.extranet,
    }


def message_view(portal: Portal, message: Message) -> dict[str, Any]:
    """A visible message with the name of its author."""
    return {
        "id": message.id,
        "dialog_id": bot_side_dialog_id(portal, portal.chats[message.chat_id]),
        "chat_id": message.chat_id,
        "author_id": message.author_id,
        "author": author_name(portal, message.author_id),
        "from_bot": message.author_id in portal.bots,
        "at": utc(message.at),
        "text": message.text,
        "keyboard": message.keyboard,
        "attach": message.attach,
        "uuid": message.uuid,
        "reply_id": message.reply_id,
        "system": message.system,
        "edited": message.edited,
        "files": message.files,
        "reactions": message.reactions,
    }


def bot_side_dialog_id(portal: Portal, chat: Chat) -> str:
    """The dialog as the product knows it: the person's id in a private chat."""
    bot = next((portal.bots[member] for member in chat.members if member in portal.bots), None)
    return dialog_id(chat, bot) if bot else f"chat{chat.id}"


def author_name(portal: Portal, author_id: int) -> str:
    """The name of a person or a bot; "" for the system."""
    if author_id in portal.users:
        return portal.users[author_id].full_name
    return portal.bots[author_id].name if author_id in portal.bots else ""
