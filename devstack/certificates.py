"""`python -m devstack.certificates FOLDER`: an authority of this host's own and a certificate for each context.

What cert-manager does in a cluster: here for compose.yaml, where it stays and looks once a day, and for `make run`
with TB_TLS=on. What is good for another month stays, the rest is renewed where it lies, and running processes
take it up.
FOLDER holds `authority/` (its key signs: nobody else may see it) and a folder for each name, with the three files
as cert-manager calls them: tls.crt, tls.key and ca.crt.
"""

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NAMES = ("gateway", "portal", "messaging", "delivery", "billing")
_AUTHORITY_DAYS, _DAYS, _RENEW_DAYS = 3650, 90, 30
_LOOK_EVERY_S = 86_400


class Authority:
    """Signs certificates; the others believe whom it signed for."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self.certificate = certificate
        self._key = key

    @classmethod
    def new(cls) -> "Authority":
        """A fresh one."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Teachbase AI, services of one installation")])
        usage = _usage(signs_certificates=True)
        certificate = (
            _builder(name, name, key.public_key(), _AUTHORITY_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(certificate, key)

    @classmethod
    def load_or_make(cls, folder: Path) -> "Authority":
        """The one of a folder, made on the first call."""
        if (folder / "tls.crt").exists():
            key = serialization.load_pem_private_key((folder / "tls.key").read_bytes(), password=None)
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            return cls(x509.load_pem_x509_certificate((folder / "tls.crt").read_bytes()), key)
        made = cls.new()
        _write(folder / "tls.key", _pem_of_key(made._key))  # noqa: SLF001 - its own
        _write(folder / "tls.crt", made.certificate.public_bytes(serialization.Encoding.PEM))
        return made

    def issue(self, folder: Path, *names: str) -> None:
        """Put a certificate for `names`, as server and as client, into a folder."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        certificate = (
            _builder(subject, self.certificate.subject, key.public_key(), _DAYS)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        _write(folder / "ca.crt", self.certificate.public_bytes(serialization.Encoding.PEM))
        _write(folder / "tls.key", _pem_of_key(key))
        _write(folder / "tls.crt", certificate.public_bytes(serialization.Encoding.PEM))

    def is_good(self, folder: Path) -> bool:
        """Whether a folder has a certificate of this authority that is good for another month."""
        try:
            certificate = x509.load_pem_x509_certificate((folder / "tls.crt").read_bytes())
            certificate.verify_directly_issued_by(self.certificate)
        except Exception:  # noqa: BLE001 - whatever is wrong with it, another one is made
            return False
        return certificate.not_valid_after_utc > datetime.now(UTC) + timedelta(days=_RENEW_DAYS)


def make(folder: Path, names: tuple[str, ...] = NAMES) -> None:
    """Have a good certificate for each name."""
    (folder / "authority").mkdir(parents=True, exist_ok=True)
    authority = Authority.load_or_make(folder / "authority")
    for name in names:
        (folder / name).mkdir(exist_ok=True)
        if not authority.is_good(folder / name):
            authority.issue(folder / name, name)


def files(folder: Path, name: str) -> dict[str, str]:
    """The environment of a process that is `name`."""
    return {
        "TB_TLS_CERT_FILE": str(folder / name / "tls.crt"),
        "TB_TLS_KEY_FILE": str(folder / name / "tls.key"),
        "TB_TLS_CA_FILE": str(folder / name / "ca.crt"),
    }


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))  # clocks differ
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem_of_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_bytes(content)
    fresh.replace(path)


if __name__ == "__main__":
    while True:
        make(Path(sys.argv[1]))
        time.sleep(_LOOK_EVERY_S)
