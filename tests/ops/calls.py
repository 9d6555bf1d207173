"""Which RPCs the sources of a context call, read from the sources themselves."""

import ast
import importlib
from collections.abc import Iterator

from google.protobuf.descriptor import FileDescriptor

from tests.ops.cluster import ROOT

SOURCES = {
    "gateway": ROOT / "gateway" / "edge",
    "portal": ROOT / "portal-service" / "portal",
    "messaging": ROOT / "messaging-service" / "messaging",
    "delivery": ROOT / "delivery-service" / "delivery",
    "billing": ROOT / "billing-service" / "billing",
}


def rpcs() -> dict[str, set[str]]:
    """Every RPC of the house's protos, by its service's full name."""
    found = {}
    for file in sorted((ROOT / "proto" / "gen" / "teachbase").rglob("*_pb2.py")):
        module = ".".join(file.relative_to(ROOT / "proto" / "gen").with_suffix("").parts)
        descriptor: FileDescriptor = importlib.import_module(module).DESCRIPTOR
        for service in descriptor.services_by_name.values():
            found[service.full_name] = {method.name for method in service.methods}
    return found


def called(context: str) -> dict[str, set[str]]:
    """Every RPC that a context's sources name, by its service. Raises AssertionError for one of nobody's stub."""
    trees = {file: ast.parse(file.read_text()) for file in sorted(SOURCES[context].rglob("*.py"))}
    everywhere = {name: service for tree in trees.values() for name, service in _stubs(tree).items()}
    known = rpcs()
    found: dict[str, set[str]] = {}
    for file, tree in trees.items():
        here = everywhere | _stubs(tree)
        for owner, method in _methods(tree, set().union(*known.values())):
            service = here.get(owner)
            assert service is not None, f"{file}: whose is {owner}.{method}?"
            assert method in known[service], f"{file}: {service} has no {method}"
            found.setdefault(service, set()).add(method)
    return found


def _stubs(tree: ast.Module) -> dict[str, str]:
    """What holds a stub in a module: an attribute or an argument, and the service it is of."""
    classes = {
        alias.asname or alias.name: f"{node.module.rpartition('.')[0]}.{alias.name.removesuffix('Stub')}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.endswith("_pb2_grpc")
        for alias in node.names
        if alias.name.endswith("Stub")
    }
    held = {}
    for node in ast.walk(tree):
        match node:
            case (
                ast.Assign(targets=[ast.Attribute(attr=name)], value=ast.Call(func=ast.Name(id=stub)))
                | ast.arg(arg=name, annotation=ast.Name(id=stub))
            ) if stub in classes:
                held[name] = classes[stub]
    return held


def _methods(tree: ast.Module, names: set[str]) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=method, value=ast.Attribute(attr=owner) | ast.Name(id=owner)) if (
                method in names
            ):
                yield owner, method
