"""`python -m devstack.envoy_config FOLDER`: Envoy's configuration, filled in from the environment.

It imports nothing of ours: the image of the proxy is built with it. With TB_PUBLIC_TLS_DIR there is a second
configuration, in which the public listener speaks https with the certificate in that folder.
"""

import json
import os
import string
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TEMPLATE = Path(__file__).parents[1] / "envoy" / "envoy.yaml"
PLAIN, TLS, CERTIFICATE = "envoy.yaml", "envoy-tls.yaml", "public-certificate.yaml"
CERT, KEY = "tls.crt", "tls.key"  # as in a Secret of the type kubernetes.io/tls
_TYPE = "type.googleapis.com/envoy.extensions.transport_sockets"


def write(folder: Path, values: Mapping[str, str]) -> None:
    """Write the configuration of http into `folder`, and that of https where a folder of certificates is named."""
    template = string.Template(TEMPLATE.read_text())
    (folder / PLAIN).write_text(template.substitute(values, TB_PUBLIC_TRANSPORT=json.dumps(_plain())))
    if directory := values.get("TB_PUBLIC_TLS_DIR"):
        transport = json.dumps(_tls(folder / CERTIFICATE))
        (folder / TLS).write_text(template.substitute(values, TB_PUBLIC_TRANSPORT=transport))
        (folder / CERTIFICATE).write_text(json.dumps({"resources": [_certificate(Path(directory))]}))


def has_certificate(directory: str) -> bool:
    """Whether the public listener is to speak https: `envoy/start` asks the same."""
    return bool(directory) and (Path(directory) / CERT).exists()


def _plain() -> dict[str, Any]:
    return {
        "name": "envoy.transport_sockets.raw_buffer",
        "typed_config": {"@type": f"{_TYPE}.raw_buffer.v3.RawBuffer"},
    }


def _tls(certificate: Path) -> dict[str, Any]:
    source = {"path_config_source": {"path": str(certificate)}, "resource_api_version": "V3"}
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{_TYPE}.tls.v3.DownstreamTlsContext",
            "common_tls_context": {
                "alpn_protocols": ["h2", "http/1.1"],
                "tls_params": {"tls_minimum_protocol_version": "TLSv1_2"},
                # As a secret that is looked after, and not as files: those are read once.
                "tls_certificate_sds_secret_configs": [{"name": "public", "sds_config": source}],
            },
        },
    }


def _certificate(directory: Path) -> dict[str, Any]:
    return {
        "@type": f"{_TYPE}.tls.v3.Secret",
        "name": "public",
        "tls_certificate": {
            "certificate_chain": {"filename": str(directory / CERT)},
            "private_key": {"filename": str(directory / KEY)},
            "watched_directory": {"path": str(directory)},
        },
    }


if __name__ == "__main__":
    write(Path(sys.argv[1]), os.environ)
