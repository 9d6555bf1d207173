"""Rules and dashboards ask for metrics that the code has, and every alert tells what to do."""

import importlib
import json
import pkgutil
import re
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client import REGISTRY

from tests.ops.cluster import ROOT, Cluster

FOLDER = ROOT / "observability"
RULES = sorted((FOLDER / "prometheus" / "rules").glob("*.yaml"))
DASHBOARDS = sorted((FOLDER / "grafana" / "dashboards").glob("*.json"))
PACKAGES = ("kit", "bitrix", "edge", "portal", "messaging", "delivery", "billing")
SCRAPED = {"job", "instance", "service"}
"""Labels that whoever scrapes adds (prometheus.yaml, PodMonitor)."""
OTHERS: Mapping[str, set[str]] = {
    "up": set(),
    # Of prometheus_client itself; on another platform than Linux it has none.
    "process_resident_memory_bytes": set(),
    "process_cpu_seconds_total": set(),
}
SUFFIXES = {"histogram": ("_bucket", "_count", "_sum"), "counter": ("_total",), "gauge": ("",)}


def _groups() -> list[Any]:
    return [group for file in RULES for group in yaml.safe_load(file.read_text())["groups"]]


def _rules() -> list[Any]:
    return [rule for group in _groups() for rule in group["rules"]]


def _dashboard_queries() -> list[tuple[str, str]]:
    boards = [(file.name, json.loads(file.read_text())) for file in DASHBOARDS]
    panels = [(name, panel) for name, board in boards for panel in board["panels"]]
    return [(name, target["expr"]) for name, panel in panels for target in panel["targets"]]


@pytest.fixture(scope="module")
def known() -> Mapping[str, set[str]]:
    """Every series that the code can make, with its labels."""
    for package in map(importlib.import_module, PACKAGES):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith(("__main__", ".migrate")):
                importlib.import_module(module.name)
    found = dict(OTHERS)
    for collector in set(REGISTRY._names_to_collectors.values()):
        for metric in collector.describe() if hasattr(collector, "describe") else []:
            labels = set(getattr(collector, "_labelnames", ()))
            for suffix in SUFFIXES.get(metric.type, ()):
                found[metric.name + suffix] = labels | ({"le"} if suffix == "_bucket" else set())
    return found | {rule["record"]: set() for rule in _rules() if "record" in rule}


def _selectors(node: Any, by: frozenset[str] = frozenset()) -> Iterator[tuple[str, set[str]]]:
    """Every series that an expression asks for, with the labels that it goes by."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node.name or "", set(by) | {one.name for one in node.matchers.matchers}
    if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
        by |= frozenset(node.modifier.labels)
    for name in ("expr", "lhs", "rhs", "vector_selector", "args"):
        inner = getattr(node, name, None)
        for one in inner if isinstance(inner, list) else [inner] if inner is not None else []:
            yield from _selectors(one, by)


def test_every_series_of_rules_and_dashboards_exists_with_its_labels(known: Mapping[str, set[str]]) -> None:
    asked = [(rule.get("alert") or rule["record"], rule["expr"]) for rule in _rules()] + _dashboard_queries()
    wrong = []
    for where, expression in asked:
        selectors = list(_selectors(promql_parser.parse(expression)))
        assert selectors, (where, expression)
        for name, labels in selectors:
            if name not in known:
                wrong.append(f"{where}: there is no {name}")
            elif strange := labels - known[name] - SCRAPED:
                wrong.append(f"{where}: {name} has no label {strange}")

    assert wrong == []


def test_every_metric_stands_on_a_dashboard_or_in_a_rule(known: Mapping[str, set[str]]) -> None:
    expressions = [rule["expr"] for rule in _rules()] + [expression for _, expression in _dashboard_queries()]
    asked = {name for one in expressions for name, _ in _selectors(promql_parser.parse(one))}
    series = {name: re.sub("_(bucket|count|sum|total)$", "", name) for name in known if name.startswith("tb_")}
    seen = {metric for name, metric in series.items() if name in asked}

    assert len(seen) > 20
    assert set(series.values()) - seen == set()


def test_a_name_and_a_label_that_are_not_there_are_found(known: Mapping[str, set[str]]) -> None:
    [one] = _selectors(promql_parser.parse("sum by (portal_id) (rate(tb_sends_total[5m]))"))
    [two] = _selectors(promql_parser.parse("tb_sent_total"))

    assert one == ("tb_sends_total", {"portal_id"})
    assert "portal_id" not in known["tb_sends_total"]
    assert two[0] not in known


def test_thresholds_of_histograms_are_buckets_that_exist() -> None:
    bounds = {
        metric.name: set(map(str, collector._upper_bounds))
        for collector in set(REGISTRY._names_to_collectors.values())
        if hasattr(collector, "_upper_bounds")
        for metric in collector.describe()  # type: ignore[attr-defined] # a histogram has it
    }
    asked = re.findall(r'(tb_\w+)_bucket\{[^}]*le="([^"]+)"', "".join(file.read_text() for file in RULES))

    assert len(asked) == 10
    assert all(bound in bounds[name] for name, bound in asked)


def test_no_metric_is_told_apart_by_whom_it_is_about(known: Mapping[str, set[str]]) -> None:
    labels = {label for name, labels in known.items() if name.startswith("tb_") for label in labels}

    assert labels == {
        *(
            "caller",
            "code",
            "kind",
            "le",
            "method",
            "name",
            "outcome",
            "peer",
            "priority",
            "queue",
            "reason",
            "route",
        ),
        *("state", "status", "task", "where"),
    }


def test_every_alert_tells_what_it_means_and_has_its_section_in_the_runbook() -> None:
    alerts = [rule for rule in _rules() if "alert" in rule]
    sections = re.split(r"^### ", (ROOT / "docs" / "runbook.md").read_text(), flags=re.MULTILINE)[1:]
    described = {section.splitlines()[0].strip(): section for section in sections}

    assert described.keys() == {rule["alert"] for rule in alerts}
    for rule in alerts:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"
        for part in ("**Means**", "**Look**", "**Do**"):
            assert part in described[rule["alert"]], rule["alert"]


def test_burn_rates_ask_a_long_and_a_short_window_of_one_objective() -> None:
    burns = [rule for rule in _rules() if "alert" in rule and "teachbase:" in rule["expr"]]

    assert len(burns) == 7
    for rule in burns:
        windows = re.findall(r"teachbase:(\w+):ratio_rate(\w+) > ([\d.]+) \* ([\d.]+)", rule["expr"])
        assert len(windows) == 2, rule["alert"]
        (sli, long, *burnt), (other, short, *same) = windows
        assert (sli, burnt) == (other, same), rule["alert"]
        assert (long, short) in {("1h", "5m"), ("6h", "30m"), ("3d", "6h")}, rule["alert"]


def test_the_cluster_has_the_rules_of_the_host() -> None:
    assert Cluster("prod").named("PrometheusRule", "teachbase")["spec"]["groups"] == _groups()
    assert subprocess.run([ROOT / ".ci" / "rules", "--check"], check=False).returncode == 0


def test_one_host_scrapes_every_process_of_ours_and_a_cluster_every_pod() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    running = {
        name
        for name, one in compose.items()
        if one["image"].startswith("teachbase/")
        and one.get("command") != ["migrate"]
        and name not in {"envoy", "bootstrap", "certificates"}
    }
    config = yaml.safe_load((FOLDER / "prometheus" / "prometheus.yaml").read_text())
    targets = config["scrape_configs"][0]["static_configs"]
    cluster = Cluster("prod")
    monitor = cluster.named("PodMonitor", "teachbase")["spec"]
    ported = {
        pod.owner
        for pod in cluster.pods()
        for container in pod.containers
        for port in container.get("ports", [])
        if port["name"] == monitor["podMetricsEndpoints"][0]["port"]
    }

    assert {one["labels"]["service"] for one in targets} == running == ported
    assert {one["targets"][0] for one in targets} == {f"{name}:9100" for name in running}


def test_who_scrapes_is_let_in_on_the_port_of_the_metrics() -> None:
    policy = Cluster("prod").named("NetworkPolicy", "metrics-are-read")["spec"]

    assert policy["ingress"][0]["ports"] == [{"port": 9100}]
    assert all("namespaceSelector" in peer for peer in policy["ingress"][0]["from"])
