"""Encryption at rest with a key ring that rotates: the first key encrypts, every key decrypts."""

import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class KeyRing:
    """Encrypts and decrypts secrets, and derives signing keys of separate purposes."""

    def __init__(self, keys: str) -> None:
        """Take comma-separated Fernet keys, newest first (TB_SECRET_KEYS). Raises ValueError on a bad key."""
        self._keys = [key.strip() for key in keys.split(",") if key.strip()]
        if not self._keys:
            raise ValueError("TB_SECRET_KEYS holds no key")
        fernets = [Fernet(key) for key in self._keys]
        self._newest, self._fernet = fernets[0], MultiFernet(fernets)

    def encrypt(self, secret: str) -> bytes:
        """Return `secret` under the newest key."""
        return self._fernet.encrypt(secret.encode())

    def decrypt(self, sealed: bytes) -> str:
        """Return the secret. Raises ValueError when no key of the ring opens it."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise ValueError("no key of TB_SECRET_KEYS opens this secret") from None

    def rotated(self, sealed: bytes) -> bytes:
        """Return a secret under the newest key, as it is where that sealed it. Raises like `decrypt`."""
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            return self.encrypt(self.decrypt(sealed))
        return sealed

    def signing_keys(self, purpose: str) -> list[bytes]:
        """Return one 32-byte key per ring key for `purpose`: sign with the first, accept any."""
        return [hmac.digest(key.encode(), purpose.encode(), hashlib.sha256) for key in self._keys]
