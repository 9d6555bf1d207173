"""Keys rotate: what an older key sealed is read, sealed anew, and read without that key."""

from typing import Any

from cryptography.fernet import Fernet

from kit.keyring import KeyRing
from portal.rotation import Rotation

SECRETS = "SELECT access_token, refresh_token FROM portal_tokens WHERE portal_id = :id"


async def sealed(service: Any, portal_id: str) -> tuple[bytes, bytes]:
    (row,) = await service.rows(SECRETS, id=portal_id)
    return row.access_token, row.refresh_token


async def test_after_a_rotation_the_older_key_is_needed_no_more(service: Any) -> None:
    made = await service.sim.portal(limits="off")
    portal = await service.install(made)
    newer = Fernet.generate_key().decode()
    before = await sealed(service, portal.id)
    both = KeyRing(f"{newer},{service.secret_key}")

    renewed = await Rotation(service.engine, both).round()
    after = await sealed(service, portal.id)
    again = await Rotation(service.engine, both).round()

    opened = [KeyRing(newer).decrypt(secret) for secret in after]
    assert (renewed >= 1, again) == (True, 0)
    assert opened == [KeyRing(service.secret_key).decrypt(secret) for secret in before]
    assert made["admin"]["access_token"].encode() not in b"".join((*before, *after))


async def test_a_credential_that_no_key_opens_is_left_and_stops_no_other(service: Any) -> None:
    lost, kept = [await service.install(await service.sim.portal(limits="off")) for _ in range(2)]
    newer, foreign = Fernet.generate_key().decode(), KeyRing(Fernet.generate_key().decode())
    await service.execute(
        "UPDATE portal_tokens SET access_token = :secret WHERE portal_id = :id",
        id=lost.id,
        secret=foreign.encrypt("x"),
    )

    await Rotation(service.engine, KeyRing(f"{newer},{service.secret_key}")).round()

    assert foreign.decrypt((await sealed(service, lost.id))[0]) == "x"
    assert KeyRing(newer).decrypt((await sealed(service, kept.id))[0])
