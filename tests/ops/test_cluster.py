"""What `k8s/` asks a cluster for: valid objects, restricted pods, and no way but those of the call graph."""

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from kubernetes_validate.utils import SchemaNotFoundError

from kit.config import TransportSettings, read
from tests.ops.cluster import OVERLAYS, ROOT, RUNNING, Cluster, plain, selects
from tests.ops.program import SETTINGS, problems, program, settings

VERSIONS = ("1.31", "1.37")  # `sleep` before a stop is of 1.30, matchLabelKeys of spreading too
FOREIGN = {
    *("Cluster", "ScheduledBackup", "ObjectStore", "ScaledObject", "TriggerAuthentication"),
    *("PodMonitor", "PrometheusRule"),
}
"""Kinds of operators, of which no package has a schema."""
CERTIFIED = {"Certificate", "Issuer"}
CONTEXTS = ("gateway", "portal", "messaging", "delivery", "billing")
COMMON = {"secret_keys", "database_dsn", "redis_url"}
SECRETS = {  # as README has them made; dev's are compared with it
    "gateway": {"secret_keys"},
    "portal": COMMON | {"bitrix_client_secret", "admin_password"},
    "messaging": COMMON | {"llm_api_key"},
    "delivery": COMMON,
    "billing": COMMON,
    "bootstrap": {"postgres_dsn"},
    "redis": {"redis_conf"},
    **{f"{context}-tls": {"tls.crt", "tls.key", "ca.crt"} for context in CONTEXTS},  # cert-manager makes them
}


@pytest.fixture(scope="module", params=OVERLAYS)
def cluster(request: pytest.FixtureRequest) -> Cluster:
    return Cluster(request.param)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_valid_to_the_letter(cluster: Cluster, version: str) -> None:
    unknown = set()
    for one in cluster.objects:
        try:
            kubernetes_validate.validate(one, version, strict=True)
        except SchemaNotFoundError:
            unknown.add(one["kind"])

    assert unknown == CERTIFIED | (FOREIGN if cluster.overlay == "prod" else set())


def test_every_pod_is_restricted_and_has_no_token(cluster: Cluster) -> None:
    space = cluster.named("Namespace", "teachbase")
    assert space["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for pod in cluster.pods():
        context = pod.spec["securityContext"]
        assert context["runAsNonRoot"] is True, pod.owner
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, pod.owner
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.spec.keys(), pod.owner
        for volume in pod.volumes.values():
            assert volume.keys() & {"secret", "emptyDir", "persistentVolumeClaim"}, pod.owner
        assert pod.spec["automountServiceAccountToken"] is False, pod.owner
        account = cluster.named("ServiceAccount", pod.spec["serviceAccountName"])
        assert account["automountServiceAccountToken"] is False
        for container in pod.containers:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, (pod.owner, container["name"])


def test_whoever_runs_has_probes_limits_a_budget_and_spreads(cluster: Cluster) -> None:
    budgets = [one["spec"] for one in cluster.of("PodDisruptionBudget")]
    for pod in cluster.pods(*RUNNING):
        assert [selects(one["selector"], pod.labels) for one in budgets].count(True) == 1, pod.owner
        assert len(pod.spec["topologySpreadConstraints"]) == 2, pod.owner
        for spread in pod.spec["topologySpreadConstraints"]:
            assert selects(spread["labelSelector"], pod.labels), pod.owner
            # The API refuses a key in both, which no schema says.
            assert not spread["labelSelector"]["matchLabels"].keys() & set(spread["matchLabelKeys"])
            assert set(spread["matchLabelKeys"]) <= pod.labels.keys(), pod.owner
        for container in pod.containers:
            assert {"readinessProbe", "livenessProbe"} <= container.keys(), pod.owner
            named = {port["name"] for port in container["ports"]}
            for probe in ("readinessProbe", "livenessProbe", "startupProbe"):
                for how in ("httpGet", "tcpSocket"):
                    port = container.get(probe, {}).get(how, {}).get("port", next(iter(named)))
                    assert port in named, (pod.owner, probe)
    for pod in cluster.pods():
        for container in pod.containers:
            assert "memory" in container["resources"]["limits"], pod.owner
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys(), pod.owner


def test_each_kind_of_pod_is_scaled_by_exactly_one(cluster: Cluster) -> None:
    scaled = [
        (one["spec"]["scaleTargetRef"].get("kind", "Deployment"), one["spec"]["scaleTargetRef"]["name"])
        for one in cluster.of("HorizontalPodAutoscaler", "ScaledObject")
    ]

    running = {(pod.kind, pod.owner) for pod in cluster.pods(*RUNNING)} - {
        ("StatefulSet", "redis"),
        ("StatefulSet", "postgres"),
    }
    assert sorted(scaled) == sorted(running)


def test_all_pods_at_their_most_find_connections_of_postgres() -> None:
    cluster, wanted = Cluster("prod"), 0
    most = {
        one["spec"]["scaleTargetRef"]["name"]: one["spec"].get("maxReplicas") or one["spec"]["maxReplicaCount"]
        for one in cluster.of("HorizontalPodAutoscaler", "ScaledObject")
    }
    for pod in cluster.pods(*RUNNING):
        environment = cluster.environment(pod.containers[0])
        if "TB_DATABASE_DSN_FILE" in environment:
            pool = int(environment.get("TB_DATABASE_POOL", 10))
            wanted += most[pod.owner] * (pool + 2)  # one listens, one asks whether it is there
    there_are = int(cluster.named("Cluster", "postgres")["spec"]["postgresql"]["parameters"]["max_connections"])

    assert sum(most.values()) > 80
    assert 0.75 * there_are < wanted < 0.95 * there_are  # a migration, a backup and an administrator come besides


def test_policies_let_through_the_call_graph_and_nothing_else(cluster: Cluster) -> None:
    declared = set()
    for line in re.findall(r"^(\w+) +-> (.*)$", (ROOT / "docs" / "architecture.md").read_text(), re.MULTILINE):
        declared |= {(line[0], callee) for callee in re.split(r", *", re.sub(r"\(.*\)", "", line[1])) if callee}
    policies = [one["spec"] for one in cluster.of("NetworkPolicy")]
    ours = [pod for pod in cluster.pods() if pod.labels.get("teachbase.ai/context") in CONTEXTS]
    servers = {pod.owner: pod for pod in ours if pod.owner in CONTEXTS}

    for caller in ours:
        for name, callee in servers.items():
            own = caller.labels["teachbase.ai/context"]
            port = callee.containers[0]["ports"][-1]["containerPort"]
            leaves = _lets_through(policies, "egress", "to", caller.labels, callee.labels, port)
            enters = _lets_through(policies, "ingress", "from", callee.labels, caller.labels, port)
            expected = (own, name) in declared
            assert (leaves, enters) == (expected, expected), (caller.owner, name)


def _lets_through(
    policies: list[Any], way: str, side: str, own: dict[str, str], other: dict[str, str], port: int
) -> bool:
    rules = [rule for one in policies if selects(one["podSelector"], own) for rule in one.get(way, [])]
    return any(
        any("podSelector" in peer and selects(peer["podSelector"], other) for peer in rule.get(side, []))
        and any(one["port"] == port for one in rule["ports"])
        for rule in rules
    )


def test_what_is_not_named_is_refused_and_the_admin_listener_is_not_named(cluster: Cluster) -> None:
    nobody, proxy = (cluster.named("NetworkPolicy", name)["spec"] for name in ("nobody", "envoy"))
    opened = {port["port"] for rule in proxy["ingress"] for port in rule["ports"]}
    served = {port["targetPort"] for port in cluster.named("Service", "proxy")["spec"]["ports"]}
    assert nobody == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert (opened, served) == ({8080}, {"public"})


def test_who_talks_to_bitrix24_or_a_model_may_leave_and_nobody_else(cluster: Cluster) -> None:
    out = {pod.owner for pod in cluster.pods() if pod.labels.get("teachbase.ai/outside") == "true"}

    bucket = {"knowledge-worker"} if cluster.overlay == "prod" else set()
    assert out == bucket | {
        f"{context}{kind}" for context in ("portal", "messaging", "delivery") for kind in ("", "-worker")
    }


def test_the_spool_is_a_volume_of_the_pod_that_outlives_it(cluster: Cluster) -> None:
    gateway = cluster.named("StatefulSet", "gateway")["spec"]
    container = gateway["template"]["spec"]["containers"][0]
    mounts = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
    claims = [one["metadata"]["name"] for one in gateway["volumeClaimTemplates"]]

    assert mounts[cluster.environment(container)["TB_SPOOL_DIR"]] in claims
    assert gateway["persistentVolumeClaimRetentionPolicy"] == {"whenScaled": "Retain", "whenDeleted": "Retain"}
    scaler = cluster.named("HorizontalPodAutoscaler", "gateway")["spec"]
    assert scaler["behavior"]["scaleDown"]["selectPolicy"] == "Disabled"


def test_documents_lie_where_both_who_store_and_who_read_them_see_them(cluster: Cluster) -> None:
    for pod in (one for one in cluster.pods(*RUNNING) if one.owner in {"messaging", "knowledge-worker"}):
        container = pod.containers[0]
        url = cluster.environment(container)["TB_STORAGE_URL"]
        if url.startswith("s3://"):
            assert {"secretRef": {"name": "documents-bucket"}} in container["envFrom"]
        else:
            mounts = {one["mountPath"]: one["name"] for one in container["volumeMounts"]}
            volume = pod.volumes[mounts[url.removeprefix("file://")]]
            assert volume["persistentVolumeClaim"]["claimName"] == "documents"


def test_every_program_is_told_all_that_it_needs_and_nothing_that_it_does_not_know(
    cluster: Cluster, tmp_path: Path
) -> None:
    seen = set()
    generated = {plain(one["metadata"]["name"]): set(one["data"]) for one in cluster.of("Secret")}
    for name, keys in generated.items():
        assert SECRETS.get(name, keys) == keys
    for pod in cluster.pods():
        for container in pod.containers:
            told = program(container["image"])
            if told is not None:
                environment = cluster.environment(container)
                assert problems(told, environment, cluster.secret_files(pod, container, SECRETS)) == []
                settings(told, environment, tmp_path)
                assert pod.kind == "Job" or {"name": "tmp", "mountPath": "/tmp"} in container["volumeMounts"]
                seen.add(told)
    assert seen == set(SETTINGS)


def test_each_pod_is_who_its_context_is_and_renews_what_says_so(cluster: Cluster) -> None:
    certificates = {one["spec"]["secretName"]: one["spec"] for one in cluster.of("Certificate")}
    authority = cluster.named("Issuer", "contexts")["spec"]["ca"]["secretName"]
    assert certificates[authority]["isCA"] is True

    for pod in (one for one in cluster.pods(*RUNNING) if one.labels.get("teachbase.ai/context") in CONTEXTS):
        context = pod.labels["teachbase.ai/context"]
        own = certificates[pod.volumes["tls"]["secret"]["secretName"]]
        assert own["dnsNames"] == [context], pod.owner
        assert own["issuerRef"]["name"] == "contexts", pod.owner
        assert {"server auth", "client auth"} <= set(own["usages"]), pod.owner
        assert int(own["renewBefore"][:-1]) * 3 <= int(own["duration"][:-1]), pod.owner
        environment = cluster.environment(pod.containers[0])
        assert read(TransportSettings, environment).has_tls, pod.owner
        if pod.owner in CONTEXTS[1:]:
            port = environment[f"TB_{context.upper()}_GRPC"].rpartition(":")[2]
            asked = pod.containers[0]["readinessProbe"]["exec"]["command"]
            assert asked == ["python", "-m", "devstack.healthy", f"{context}:{port}"]


def test_no_secret_of_production_is_in_a_file() -> None:
    assert list(Cluster("prod").of("Secret")) == []
