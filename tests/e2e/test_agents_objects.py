"""The kinds argocd, flux and marker from gitops.yaml to a commit, and back to what `status` says without a record."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gitops_actions.testing.world import World

REVISION = "4f2c1a9e8b7d6c5f4e3d2c1b0a9f8e7d6c5b4a39"
POLICY = """\
version: 1
records: false
environments:
  dev: {deliver: push}
apps:
  web:
    image: ghcr.io/acme/web
    edits:
      - EDIT
"""
ARGO = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec:
  source:
    targetRevision: 1.0.0 # the chart
    kustomize:
      images:
        - busybox:1.36
        - ghcr.io/acme/web:1.0.0
"""
FLUX = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web}
spec:
  values:
    sidecar: {image: "busybox:1.36"}
    image:
      repository: ghcr.io/acme/web
      tag: 1.0.0
"""
MARKED = """\
other: 9.9.9 # {"$gitops": "api:version"}
version: 1.0.0 # {"$gitops": "web:version"}
"""


@pytest.fixture
def processes() -> bool:
    return False


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        ("argocd: web.yaml", ARGO),
        ("{argocd: web.yaml, path: spec.source.targetRevision}", ARGO),
        ("flux: web.yaml", FLUX),
        ("{flux: web.yaml, path: spec.values.image.tag, value: '{tag}'}", FLUX),
        ("marker: web.yaml", MARKED),
    ],
)
def test_deploy_and_status(edit: str, text: str, worlds: Callable[..., World]) -> None:
    world = worlds(content={"gitops.yaml": POLICY.replace("EDIT", edit), "web.yaml": text})
    assert not world.run("validate", "--config-repo", str(world.config)).document["findings"]
    (cell,) = world.run("status").document["cells"]
    assert cell["version"] == "1.0.0"
    (result,) = world.deploy("1.0.10").results
    (change,) = result["changes"]
    old = text.splitlines()[change["line"] - 1]
    assert world.text("web.yaml") == text.replace(old, old.replace("1.0.0", "1.0.10"))
    assert world.deploy("1.0.10").outcomes == [("dev", "unchanged")]
    (cell,) = world.run("status").document["cells"]
    assert cell["version"] == "1.0.10"


def test_a_marker_may_ask_for_the_revision(worlds: Callable[..., World]) -> None:
    text = f'revision: abc # {{"$gitops": "web:revision"}}\n{MARKED}'
    world = worlds(content={"gitops.yaml": POLICY.replace("EDIT", "marker: web.yaml"), "web.yaml": text})
    done = world.run("deploy", "--app", "web", "--version", "1.1.0", "--revision", REVISION)
    assert [change["new"] for change in done.results[0]["changes"]] == [REVISION, "1.1.0"]
    (cell,) = world.run("status").document["cells"]
    assert (cell["version"], cell["revision"]) == ("1.1.0", REVISION)
    done = world.run("deploy", "--app", "web", "--version", "1.2.0", code=2)
    assert "asks for the revision" in done.errors + done.output
