"""The editors: many small files in one process, and one large file."""

from __future__ import annotations

import gc
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import yaml

from benchmarks.measuring import PROGRAM, BenchmarkFailed, Place, interleaved
from benchmarks.table import Row
from gitops_actions.model import EditSpec, Image, Release
from gitops_actions.plugins import Editors

COMPOSE_BOUND, SECONDS_BOUND, MEMORY_BOUND = 2.0, 3000.0, 400.0
LARGE = 10_000_000
_MIB = 1024 * 1024

_MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app-{n}
  labels:
    app.kubernetes.io/name: app-{n}
spec:
  replicas: 2
  selector:
    matchLabels:
      app.kubernetes.io/name: app-{n}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: app-{n}
    spec:
      containers:
        - name: app
          image: ghcr.io/acme/app:1.4.1   # set by CI
          ports:
            - name: http
              containerPort: 8080
          resources:
            requests: {{cpu: 100m, memory: 128Mi}}
            limits: {{memory: 256Mi}}
"""
_KUSTOMIZATION = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: app-{n}
resources:
  - ../../base
images:
  - name: ghcr.io/acme/app
    newTag: '1.4.1'   # set by CI
"""
_VALUES = """\
replicaCount: 2
image:
  repository: ghcr.io/acme/app
  tag: "1.4.1"   # set by CI
  pullPolicy: IfNotPresent
service:
  name: app-{n}
  port: 8080
resources:
  requests:
    cpu: 100m
    memory: 128Mi
"""
_SMALL = (
    (_MANIFEST, EditSpec("manifest", "app.yaml")),
    (_KUSTOMIZATION, EditSpec("kustomize", "app")),
    (_VALUES, EditSpec("helm", "values.yaml")),
    (_VALUES, EditSpec("yaml", "values.yaml", path="image.tag", value="1.4.2")),
)
_RELEASE = Release("1.4.2", (Image("ghcr.io/acme/app", "ghcr.io/acme/app", "1.4.2"),))


def small(files: int, runs: int) -> Iterator[Row]:
    """Small files located, edited and read back, beside PyYAML's C parser composing each of them once."""
    editors = Editors()
    for template, spec in _SMALL:
        texts = [template.format(n=number) for number in range(files)]
        editor = editors[spec.kind]

        def edit(texts: Sequence[str] = texts, spec: EditSpec = spec) -> None:
            for text in texts:
                if editor.edit(text, spec, _RELEASE).text == text:  # noqa: B023 (called before the next round)
                    raise BenchmarkFailed(f"kind {spec.kind} has changed nothing")

        ours, compose = interleaved({partial(_seconds, edit): runs, partial(_seconds, partial(_compose, texts)): runs})
        bound = COMPOSE_BOUND if spec.kind == "manifest" else None
        yield Row(
            f"edit {spec.kind} / compose",
            f"{files:,} files",
            median(ours) * 1000,
            "none",
            median(compose) * 1000,
            bound,
        )


def large(work: Path, place: Place, size: int, runs: int) -> Iterator[Row]:
    """One large file edited by the command: resource definitions, as operators ship them, many small objects, and
    nothing but values."""
    shapes = {"resource definitions": _definitions, "many manifests": _manifests, "one dense list": _dense}
    for what, text in ((what, shape(size)) for what, shape in shapes.items()):
        file = work / "large.yaml"
        tags = itertools.count(1)
        file.write_text(text, encoding="utf-8")
        (figures,) = interleaved({partial(_timed, place, file, tags): runs})
        peak = place.peaks(*_edit(file, next(tags)))[""]
        name = f"{size / 1_000_000:.1f} MB, {what}"
        yield Row("edit yaml, one file", name, median(figures) * 1000, bound=SECONDS_BOUND)
        yield Row("memory of edit yaml, one file", name, peak / _MIB, bound=MEMORY_BOUND, unit="MiB")


def _timed(place: Place, file: Path, tags: Iterator[int]) -> float:
    return place.seconds(*_edit(file, next(tags)))


def _edit(file: Path, tag: int) -> tuple[str | Path, ...]:
    return PROGRAM, "edit", "yaml", file, "--document", "kind=Release", "--set", f"image.tag=1.{tag}"


def _seconds(work: Callable[[], object]) -> float:
    """What a piece of work in this process costs; what others left behind is not its business."""
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def _compose(texts: Sequence[str]) -> None:
    for text in texts:
        yaml.compose(text, Loader=yaml.CSafeLoader)


def _definitions(size: int) -> str:
    words = "Describes one of the many fields of this resource, in the words of those who generated the file. "
    field = "              field{n}:\n                description: >-\n" + f"                  {words * 4}\n" * 3
    field += "                type: string\n"
    head = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n  schema:\n"
    body = "".join(field.format(n=n) for n in range(size // len(field)))
    return f"{head}    properties:\n{body}---\nkind: Release\nimage:\n  tag: '1.0'\n"


def _manifests(size: int) -> str:
    count = size // len(_MANIFEST)
    return "---\n".join([*(_MANIFEST.format(n=n) for n in range(count)), "kind: Release\nimage:\n  tag: '1.0'\n"])


def _dense(size: int) -> str:
    item = "  - {n}\n"
    count = size // len(item.format(n=123456))
    return (
        "items:\n"
        + "".join(item.format(n=100_000 + n) for n in range(count))
        + "---\nkind: Release\nimage:\n  tag: '1.0'\n"
    )
