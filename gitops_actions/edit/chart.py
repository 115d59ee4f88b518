"""Kind ``chart``: a version in a ``Chart.yaml``: of the chart, of the app in it, or of a chart that it depends on
(https://helm.sh/docs/topics/charts/#the-chartyaml-file)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gitops_actions.edit import documents, images, leaves, nodes, paths, places
from gitops_actions.edit.leaves import Leaf
from gitops_actions.edit.nodes import Parsed
from gitops_actions.edit.paths import Filter, Step, Token
from gitops_actions.edit.places import Spot
from gitops_actions.edit.refusals import BAD_SPEC, MISSING, quoted
from gitops_actions.edit.splice import Splice
from gitops_actions.errors import EditRefused, UsageError
from gitops_actions.model import Edited, EditSpec, Found, Release, Take

DEFAULT_PATH = "appVersion"

_FILE = "Chart.yaml"
# https://semver.org/#is-there-a-suggested-regular-expression-regex-to-check-a-semver-string
_CORE = r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*)){2}"
_PRERELEASE = (
    r"(?:-(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*))*)?"
)
_SEMVER = re.compile(_CORE + _PRERELEASE + r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?")


class Chart:
    """``version``, ``appVersion`` (default) or the ``version`` of one of ``dependencies``: always a string."""

    kind = "chart"
    takes: Mapping[str, Take] = {
        "path": Take(),
        "value": Take(),
        "document": Take(),
        "on-missing": Take(),
        "version": Take(needed=True, without="value"),
    }

    def paths(self, spec: EditSpec) -> tuple[str, ...]:
        """The file itself, or the ``Chart.yaml`` of a folder."""
        if spec.file.endswith((".yaml", ".yml")):
            return (spec.file,)
        folder = spec.file.rstrip("/")
        return (_FILE if folder in ("", ".") else f"{folder}/{_FILE}",)

    def read(self, text: str, spec: EditSpec) -> tuple[Found, ...]:
        """The version."""
        with nodes.parse(text) as parsed:
            spot, _ = _find(parsed, spec, _steps(spec))
            leaf = leaves.leaf(parsed, spot)
        value = images.value_of(leaf) or ""
        return (Found(leaf.path, leaf.line, value, "version" if spec.value is None else "value"),)

    def edit(self, text: str, spec: EditSpec, release: Release) -> Edited:
        """The text with the release's version, or the value of the edit, in place."""
        steps = _steps(spec)
        value = release.version if spec.value is None else spec.value
        with nodes.parse(text) as parsed:
            spot, taken = _find(parsed, spec, steps, create=spec.on_missing == "create")
            leaf = leaves.leaf(parsed, spot) if taken == len(steps) else None
            key = _key(steps)
            if key == "version":
                _check_version(value, paths.show(steps), leaf)
            splice = Splice(parsed)
            if leaf is not None:
                splice.put(leaf, value)
            else:
                splice.add(spot, key, value, after=("version", "name"))
            return splice.result()


def _steps(spec: EditSpec) -> tuple[Step, ...]:
    """The path, which leads to one of the three. Raises UsageError for any other."""
    steps = paths.parse(spec.path or DEFAULT_PATH)
    keys = [step.text if isinstance(step, Token) else step for step in steps]
    if len(keys) == 1 and keys[0] in ("version", "appVersion"):
        return steps
    is_item = len(keys) == 3 and isinstance(steps[1], int | Filter | Token)
    if is_item and keys[0] == "dependencies" and keys[2] == "version":
        return steps
    message = f"kind chart has no path {quoted(paths.show(steps))}"
    hint = "write version, appVersion, or dependencies[?name=='web'].version"
    raise UsageError(message, code=BAD_SPEC, hint=hint)


def _find(parsed: Parsed, spec: EditSpec, steps: tuple[Step, ...], *, create: bool = False) -> tuple[Spot, int]:
    """As `documents.find`, with a hint that knows charts."""
    try:
        return documents.find(parsed, spec.document, steps, create=create)
    except EditRefused as error:
        if error.code == MISSING and len(steps) == 1:
            error.hint = "write path: version, set on-missing: create, or add the key by hand"
        elif error.code == MISSING:
            names = ", ".join(quoted(name) for name in _dependencies(parsed)[:12])
            error.hint = f"the dependencies are {names}" if names else "the chart has no dependencies"
        raise


def _dependencies(parsed: Parsed) -> list[str]:
    spots = [places.child(parsed, root, "dependencies") for root in places.roots(parsed)]
    found = [places.text_of_key(parsed, item, "name") for spot in spots if spot for item in places.items(parsed, spot)]
    return [name for name in found if name]


def _key(steps: tuple[Step, ...]) -> str:
    last = steps[-1]
    return last.text if isinstance(last, Token) else str(last)


def _check_version(value: str, shown: str, leaf: Leaf | None) -> None:
    """What stands in ``version`` must be SemVer 2 (https://helm.sh/docs/topics/charts/#charts-and-versioning). Helm
    takes a leading ``v``, too: it may stay where there is one, and does not come in by the tag of an image."""
    if _SEMVER.fullmatch(value):
        return
    bare = value.removeprefix("v")
    if bare != value and _SEMVER.fullmatch(bare):
        if leaf is not None and leaf.value.startswith("v"):
            return
        hint = f"release it as {bare} (--version), or write the v into the file once by hand"
    else:
        hint = "release it with --version 1.2.3, or use path: appVersion, which takes any text"
    message = f"{shown} must be a version as SemVer 2 has them, not {quoted(value)}"
    raise UsageError(message, code=BAD_SPEC, hint=hint)
