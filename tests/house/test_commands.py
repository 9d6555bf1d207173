"""Every command that a document shows is run: by a test that takes it from there, or by one that is named here."""

import re
import subprocess

import pytest

from tests.house import commands
from tests.house.sources import ROOT

SHOWN = {"sh", "text", "json", "python", "mermaid"}
"""What a block may be; only `sh` is to be typed."""
NO_INSTRUCTIONS = {"docs/tech.md"}
"""What was tried of packages, with the commands of then."""
NAMES = {"docker compose", "kubectl port-forward"}
"""A program is meant, no call of it."""
DOCUMENTED = "tests/ops/test_documented_commands.py"
BACKUP = "tests/stacks/test_backup.py"
RUN_BY = {
    # a command in a sentence or a table: what runs the same, and how that stands there
    "make proto": (".ci/fresh-proto", "-m grpc_tools.protoc -I proto --python_out="),
    "make rules": ("tests/ops/test_observability.py", '".ci" / "rules", "--check"'),
    "make client": (".ci/openapi", "node_modules/.bin/openapi-typescript"),
    "make run": ("tests/ops/test_documented_installs.py", 'commands.block("README.md", "git clone")'),
    "make reset": ("tests/ops/test_documented_installs.py", '["make", "reset"]'),
    "make help": ("tests/house/test_commands.py", '["make", "help"]'),
    "make backup": (BACKUP, '"backup", str(saved)'),
    "make backup TO=folder": (BACKUP, '"backup", str(saved)'),
    "make restore": (BACKUP, '"restore", str(saved)'),
    "make restore FROM=folder": (BACKUP, '"restore", str(saved)'),
    "TB_SECRET_KEYS=... make restore FROM=folder": (BACKUP, '"restore", str(saved), TB_SECRET_KEYS='),
    ".venv/bin/python -m pytest tests/stacks/test_backup.py": (BACKUP, "async def test_"),
    "npm audit": ("tests/devstack/test_audit.py", "npm("),
    "npm run format": (
        "admin-ui/package.json",
        "prettier --log-level warn --cache --check .",
    ),  # of lint: the same
    "python -m devstack.audit": ("tests/devstack/test_audit.py", "from devstack.audit import"),
    "python -m <service> serve|work": ("tests/devstack/test_running.py", 'running.given("portal", "serve")'),
    "python -m portal serve / work / migrate": ("tests/devstack/test_refusals.py", "delivery-migrate"),
    "python -m messaging knowledge": ("tests/devstack/stack.py", "knowledge-worker"),
    "python -m edge requeue": (DOCUMENTED, 'python("edge", "requeue"'),
    ".venv/bin/python -m edge requeue": (DOCUMENTED, 'python("edge", "requeue"'),
    "TB_VERSION=1.0.0 docker compose build": (DOCUMENTED, '"TB_VERSION=1.0.0 docker compose build"'),
    "kubectl port-forward deployment/envoy 3000": (DOCUMENTED, "kubectl port-forward deployment/envoy {port}"),
    ".venv/bin/python -m bench --only cost": ("tests/bench/test_cost.py", "from bench"),
    ".venv/bin/python -m bench --only ingest": ("tests/bench/test_bench.py", "from bench.ingest import"),
}
TOO_LONG = {
    # what takes minutes, or asks a registry: the test of its parts, and how they are called there
    "make bench": (DOCUMENTED, 'python("bench", "--quick", "--only", "decode")'),
    "make chaos": (DOCUMENTED, '["tests.chaos", "devstack", "bench"]'),
    "make fuzz": ("tests/fuzz/test_inputs.py", "from tests.fuzz"),
    "make audit": ("tests/devstack/test_audit.py", "from devstack.audit import"),
    "make screenshots": ("tests/house/test_commands.py", '"tests/ui/screenshots.py"'),
    "make real-model": ("messaging-service/tests/test_model_answers.py", "async def test_"),
    "make lock": ("Makefile", "requirements.lock bootstrap.lock pyproject.toml"),  # CI installs what it writes
}


def made_by_ci() -> set[str]:
    """What `make test` makes on its way, which CI runs."""
    assert "exec make test" in (ROOT / ".ci" / "run").read_text()
    rule = r"^([a-z-]+):([^#\n]*).*((?:\n\t.*)*)"
    rules = {
        name: " ".join([needs, *re.findall(r"\$\(MAKE\) (.*)", recipe)])
        for name, needs, recipe in re.findall(rule, (ROOT / "Makefile").read_text(), re.MULTILINE)
    }
    made, left = set(), ["test"]
    while left:
        target = left.pop()
        made.add(target)
        left += [name for name in rules[target].split() if name in rules]
    return made


def test_a_block_says_what_it_is() -> None:
    assert len(commands.blocks()) > 15
    assert {(one.document, one.kind) for one in commands.blocks() if one.kind not in SHOWN} == set()


def test_every_block_of_commands_is_run_by_a_test_and_every_such_test_finds_one() -> None:
    taken = commands.run_by_tests()
    shown = [one for one in commands.blocks() if one.kind == "sh"]

    assert len(shown) >= 8
    for one in shown:
        runs = [begins for document, begins in taken if document == one.document and one.text.startswith(begins)]
        assert runs, f"no test runs the block of {one.document} that begins {one.text.splitlines()[0]!r}"
    for document, begins in taken:
        assert commands.block(document, begins)


def test_every_command_within_a_text_is_run() -> None:
    shown = commands.inline(NO_INSTRUCTIONS) - NAMES
    by_ci = {one for one in shown if one.startswith("make ") and set(one.split()[1:]) <= made_by_ci()}

    assert {"make setup", "make test"} <= by_ci
    assert shown - by_ci == RUN_BY.keys() | TOO_LONG.keys()


@pytest.mark.parametrize("command", RUN_BY | TOO_LONG)
def test_what_is_said_to_run_a_command_does(command: str) -> None:
    file, call = (RUN_BY | TOO_LONG)[command]

    assert call in (ROOT / file).read_text()


def test_help_tells_of_every_target() -> None:
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert {line.split()[0] for line in told.splitlines()} >= made_by_ci() | {"run", "reset", "chaos", "bench"}


@pytest.mark.parametrize("target", ["lock", "real-model", "fuzz", "screenshots", "chaos"])
def test_what_takes_long_has_a_recipe_whose_files_are_there(target: str) -> None:
    recipe = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    named = set(re.findall(r"(?:^|\s)((?:tests|libs|messaging-service)/[\w/.-]+\.py)", recipe))
    modules = set(re.findall(r"python -m (tests[\w.]+)", recipe))

    assert named or modules or target == "lock"  # uv alone
    assert {name for name in named if not (ROOT / name).is_file()} == set()
    assert {name for name in modules if not (ROOT / name.replace(".", "/") / "__main__.py").is_file()} == set()
    assert target != "screenshots" or named == {"tests/ui/screenshots.py"}
