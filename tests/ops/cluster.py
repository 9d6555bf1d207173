"""The objects of an overlay, and questions about them."""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
OVERLAYS = ("dev", "prod")
RUNNING = ("Deployment", "StatefulSet")

Object: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Pod:
    """A pod as some object makes it."""

    owner: str
    kind: str
    template: Object

    @property
    def spec(self) -> Any:
        """Its spec."""
        return self.template["spec"]

    @property
    def volumes(self) -> dict[str, Any]:
        """Its volumes by name."""
        return {one["name"]: one for one in self.spec.get("volumes", [])}

    @property
    def labels(self) -> dict[str, str]:
        """What selectors see."""
        return dict(self.template["metadata"]["labels"])

    @property
    def containers(self) -> list[Any]:
        """Those before and those of the run."""
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]


class Cluster:
    """What `kubectl apply -k` of an overlay would ask for."""

    def __init__(self, overlay: str) -> None:
        """Build it with kustomize."""
        command: list[str | Path] = [BIN / "kubectl", "kustomize", ROOT / "k8s" / "overlays" / overlay]
        built = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        self.overlay = overlay
        self.objects: list[Object] = list(yaml.load_all(built, yaml.CSafeLoader))

    def of(self, *kinds: str) -> Iterator[Object]:
        """The objects of some kinds."""
        return (one for one in self.objects if one["kind"] in kinds)

    def named(self, kind: str, name: str) -> Object:
        """One object. Raises StopIteration."""
        return next(one for one in self.of(kind) if one["metadata"]["name"] == name)

    def pods(self, *kinds: str) -> list[Pod]:
        """The pods of some kinds of objects; of all without any."""
        return [
            Pod(one["metadata"]["name"], one["kind"], one["spec"]["template"])
            for one in self.of(*(kinds or (*RUNNING, "Job")))
        ]

    def environment(self, container: Object) -> dict[str, str]:
        """What a container is told: its lists from ConfigMaps, then its own."""
        told: dict[str, str] = {}
        for source in container.get("envFrom", []):
            if "configMapRef" in source:
                told |= self.named("ConfigMap", source["configMapRef"]["name"])["data"]
        return told | {one["name"]: one["value"] for one in container.get("env", [])}

    def secret_files(self, pod: Pod, container: Object, keys: Mapping[str, set[str]]) -> set[str]:
        """The files of secrets in a container; `keys` says what each Secret has."""
        secrets = {name: one["secret"]["secretName"] for name, one in pod.volumes.items() if "secret" in one}
        return {
            f"{mount['mountPath']}/{key}"
            for mount in container.get("volumeMounts", [])
            if mount["name"] in secrets
            for key in keys[plain(secrets[mount["name"]])]
        }


def plain(name: str) -> str:
    """A generated name without its hash."""
    return re.sub(r"-[a-z0-9]{10}$", "", name)


def selects(selector: Object, labels: Mapping[str, str]) -> bool:
    """Whether a label selector takes these labels."""
    exact = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    return exact and all(
        labels.get(one["key"]) in one["values"] if one["operator"] == "In" else one["key"] in labels
        for one in selector.get("matchExpressions", [])
    )
