"""Docker, kubectl and grpcurl as far as they can be without an engine, a cluster and a package of theirs.

Each refuses what the real program would refuse before it asks anybody: a flag or a command that it does not
have, a service, volume or object that the files do not name. What can really be done is done: `kubectl create`
makes the object (`--dry-run=client`), `kubectl kustomize` and `config` are kubectl's own, `pg_dump` and `tar` run,
and a call of grpcurl is made by buf.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import yaml

BIN = Path(sys.executable).parent


def refuse(sentence: str) -> NoReturn:
    """End as the program would."""
    raise SystemExit(f"stand-in: {sentence}")


def output(*command: str | Path) -> str:
    """What a program says; ends as it does where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        refuse(f"{' '.join(map(str, command))}: {done.stderr}")
    return done.stdout


def know(program: Sequence[str | Path], arguments: Sequence[str]) -> None:
    """Refuse a flag that the help of a program does not name."""
    told = output(*program, "--help")
    for one in arguments:
        flag = one.partition("=")[0]
        if flag.startswith("-") and not re.search(rf"(^|[\s,]){re.escape(flag)}\b", told, re.MULTILINE):
            refuse(f"{' '.join(map(str, program[1:]))} has no {flag}")


def docker(arguments: list[str]) -> None:
    """`docker compose` by the real docker-compose as far as it goes without an engine; `docker run` of tar."""
    real = BIN / "docker-compose"
    if arguments[0] == "run":
        docker_run(arguments[1:])
        return
    if arguments[0] != "compose":
        refuse(f"docker {arguments[0]} is not played")
    command, *rest = arguments[1:]
    services = output(real, "config", "--services").split()
    if command == "exec":
        flags = [one for one in rest[: rest.index("postgres")] if one.startswith("-")]
        know([real, command], flags)
        service, tool, *given = rest[len(flags) :]
        if service not in services:
            refuse(f"there is no service {service}")
        program = Path(os.environ["POSTGRES_BIN"]) / tool
        raise SystemExit(subprocess.run([program, *given], check=False).returncode)
    know([real, command], rest)
    for one in rest:
        if not one.startswith("-") and one not in services:
            refuse(f"there is no service {one}")
    for name, secret in json.loads(output(real, "config", "--format", "json"))["secrets"].items():
        if not Path(secret["file"]).is_file():
            refuse(f"the file of the secret {name} is not there")
    print(f"docker compose {command}:", *sorted(set(output(real, "config", "--images").split())))


def docker_run(arguments: list[str]) -> None:
    """`docker run --rm -v volume:/from -v folder:/to busybox tar ...`, the volumes being folders."""
    volumes = json.loads(output(BIN / "docker-compose", "config", "--format", "json"))["volumes"]
    names = {one["name"] for one in volumes.values()}
    places: dict[str, Path] = {}
    rest = iter(arguments)
    for one in rest:
        if one == "-v":
            source, place, *_ = next(rest).split(":")
            if not source.startswith("/") and source not in names:
                refuse(f"there is no volume {source}")
            places[place] = Path(source) if source.startswith("/") else Path(os.environ["VOLUMES"]) / source
        elif one != "--rm":
            break
    tar = list(rest)
    for place, folder in places.items():
        tar = [re.sub(rf"^{place}(?=/|$)", str(folder), one) for one in tar]
    raise SystemExit(subprocess.run(tar, check=False).returncode)


def kubectl(arguments: list[str]) -> None:
    """What kubectl does without a cluster is its own; objects that it would ask a cluster about are looked up."""
    real = BIN / "kubectl"
    command, *rest = arguments
    if command in {"kustomize", "config"}:
        raise SystemExit(subprocess.run([real, *arguments], check=False).returncode)
    if command == "create":
        made = output(real, *arguments, "--dry-run=client", "-o", "yaml")
        with Path("created.yaml").open("a") as file:
            file.write(f"---\n{made}")
        return
    know([real, command], rest)
    known = objects(Path("release.yaml")) if Path("release.yaml").exists() else []
    if command == "apply":
        chosen = selected(objects(Path(rest[rest.index("-f") + 1])), rest)
        print(*(f"{one['kind']}/{one['metadata']['name']}" for one in chosen), sep="\n")
        if not chosen:
            refuse("no object to apply")
    elif command in {"delete", "wait"}:
        named = [one for one in rest if not one.startswith("-")]
        kind, _, name = "/".join(named).partition("/")
        if not any((one["kind"].lower(), one["metadata"]["name"]) == (kind, name) for one in known):
            refuse(f"the release has no {kind} {name}")
    elif command == "port-forward":
        forward(known, *rest)
    else:
        refuse(f"kubectl {command} is not played")


def forward(known: list[Any], target: str, port: str) -> None:
    """Refuse a port that no container of an object has."""
    kind, _, name = target.partition("/")
    for one in known:
        if (one["kind"].lower(), one["metadata"]["name"]) == (kind, name):
            containers = one["spec"]["template"]["spec"]["containers"]
            if any(str(opened["containerPort"]) == port for pod in containers for opened in pod["ports"]):
                return
    refuse(f"the release has no {target} with port {port}")


def objects(file: Path) -> list[Any]:
    """The objects of a file."""
    return [one for one in yaml.load_all(file.read_text(), yaml.CSafeLoader) if one]


def selected(found: list[Any], arguments: Sequence[str]) -> list[Any]:
    """What `-l 'key notin (a,b)'` lets through; everything without one."""
    if "-l" not in arguments:
        return found
    selector = re.fullmatch(r"(\S+) notin \(([^)]*)\)", arguments[arguments.index("-l") + 1])
    if selector is None:
        refuse("a selector that is not played")
    key, values = selector[1], selector[2].split(",")
    return [one for one in found if one["metadata"].get("labels", {}).get(key) not in values]


def grpcurl(arguments: list[str]) -> None:
    """A call of grpcurl as buf makes it; its flags have one dash."""
    taken = {"-d": "-d", "-cacert": "--cacert", "-cert": "--cert", "-key": "--key", "-servername": "--servername"}
    is_plain = "-plaintext" in arguments
    options: list[str] = []
    rest = iter(one for one in arguments if one != "-plaintext")
    named: list[str] = []
    for one in rest:
        if one in taken:
            options += [taken[one], next(rest)]
        elif one.startswith("-"):
            refuse(f"grpcurl's {one} is not played")
        else:
            named.append(one)
    address, method, *described = named
    url = f"{'http' if is_plain else 'https'}://{address}"
    curl: list[str | Path] = [BIN / "buf", "curl", "--protocol", "grpc", *options]
    curl += ["--http2-prior-knowledge"] if is_plain else []
    if method == "list":
        print(output(*curl, "--list-services", url))
    elif method == "describe":
        methods = output(*curl, "--list-methods", url)
        if f"{described[0]}/" not in methods:
            refuse(f"there is no {described[0]}")
        print(methods)
    else:
        print(output(*curl, f"{url}/{method}"))


if __name__ == "__main__":
    {"docker": docker, "kubectl": kubectl, "grpcurl": grpcurl}[sys.argv[1]](sys.argv[2:])
