"""The leaky bucket of a portal (contract 3.4)."""

from dataclasses import dataclass

from b24sim.model import Limits


@dataclass(slots=True)
class Bucket:
    """How full the bucket was, and when; it drains by itself at `Limits.rate` per second."""

    level: float = 0.0
    at: float = 0.0

    def take(self, limits: Limits, now: float) -> bool:
        """Pour one request in; False means it would overflow, and then nothing is added."""
        if limits.off:
            return True
        level = max(0.0, self.level - (now - self.at) * limits.rate)
        self.at = now
        if level + 1 > limits.burst:
            self.level = level
            return False
        self.level = level + 1
        return True
