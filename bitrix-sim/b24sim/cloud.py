"""The Bitrix24 cloud: its portals, its tokens, its clock, and the door events leave by."""

import asyncio
from dataclasses import dataclass, field
from random import Random

from b24sim.clock import Clock
from b24sim.config import Settings
from b24sim.events.sender import Sender
from b24sim.portal import Portal
from b24sim.tokens import TokenStore


@dataclass
class Cloud:
    """Everything one process holds. Portals share nothing but the OAuth server."""

    settings: Settings
    clock: Clock
    chance: Random
    sender: Sender
    tokens: TokenStore = field(default_factory=TokenStore)
    portals: dict[str, Portal] = field(default_factory=dict)
    """By member_id."""
    domains: dict[str, Portal] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by every change worth a snapshot."""

    def add(self, portal: Portal) -> None:
        """Take a portal in; raises ValueError where the member_id or the domain is taken."""
        if portal.member_id in self.portals or portal.domain in self.domains:
            raise ValueError(f"portal {portal.domain} ({portal.member_id}) exists already")
        self.portals[portal.member_id] = portal
        for domain in (portal.domain, *portal.former_domains):
            self.domains.setdefault(domain, portal)
        self.changed.set()

    def rename(self, portal: Portal, domain: str) -> None:
        """Give a portal another name; the old one redirects. Raises ValueError where the name is taken."""
        if self.domains.get(domain, portal) is not portal:
            raise ValueError(f"{domain} is taken")
        portal.former_domains = [name for name in (*portal.former_domains, portal.domain) if name != domain]
        portal.domain = domain
        self.domains[domain] = portal
        self.changed.set()

    def remove(self, portal: Portal) -> None:
        """Delete a portal and its tokens; its address answers HTML 404 from now on."""
        del self.portals[portal.member_id]
        self.domains = {domain: one for domain, one in self.domains.items() if one is not portal}
        self.tokens.forget(portal.member_id)
        self.changed.set()

    def client_endpoint(self, portal: Portal) -> str:
        """The REST base of a portal, with its closing slash."""
        return f"{self.settings.url}/portals/{portal.domain}/rest/"

    @property
    def server_endpoint(self) -> str:
        """The REST base of the OAuth server."""
        return f"{self.settings.url}/rest/"
