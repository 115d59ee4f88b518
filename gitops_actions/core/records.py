"""Release records: which release an environment was given, as a file beside what it says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from gitops_actions.core.images import named, parse
from gitops_actions.errors import EditRefused, UsageError
from gitops_actions.model import Record, Release, Source
from gitops_actions.names import complaint_about_name

FOLDER = ".gitops/releases"
_HEADER = "# Written by gitops-actions with every release of this app in this environment.\n"
_LIMIT = 100_000
_QUOTED = r'"([^"\\\x00-\x1f]+)"'  # an escape, which nearly none has, is left to the parser
# The form that `render` writes: reading thousands of records for `status` must not cost a YAML parser each.
_WRITTEN = re.compile(
    re.escape(_HEADER)
    + rf"app: {_QUOTED}\nenvironment: {_QUOTED}\nversion: {_QUOTED}\n"
    + rf"(?:images:\n((?:  - {_QUOTED}\n)+))?"
    + rf"(?:source:\n(?:  repository: {_QUOTED}\n)?(?:  revision: {_QUOTED}\n)?(?:  sequence: ([0-9]{{1,19}})\n)?)?"
    + rf"(?:promoted-from: {_QUOTED}\n)?"
)


def path(environment: str, app: str) -> str:
    """Where the record of an app in an environment is."""
    return f"{FOLDER}/{environment}/{app}.yaml"


def render(record: Record) -> bytes:
    """The record as YAML; every text is quoted, so that it is a string under YAML 1.1 and 1.2."""
    release, source = record.release, record.release.source
    lines = [
        f"app: {_quoted(record.app)}",
        f"environment: {_quoted(record.environment)}",
        f"version: {_quoted(release.version)}",
    ]
    if release.images:
        lines += ["images:", *(f"  - {_quoted(image.reference)}" for image in release.images)]
    if source != Source():
        lines.append("source:")
        if source.repository is not None:
            lines.append(f"  repository: {_quoted(source.repository)}")
        if source.revision is not None:
            lines.append(f"  revision: {_quoted(source.revision)}")
        if source.sequence is not None:
            lines.append(f"  sequence: {source.sequence}")
    if record.promoted_from is not None:
        lines.append(f"promoted-from: {_quoted(record.promoted_from)}")
    return (_HEADER + "\n".join(lines) + "\n").encode()


def read(content: bytes, file: str) -> Record:
    """A record from the bytes of ``file``. Raises EditRefused with the place when it is not one."""
    text = content.decode("utf-8", "replace")
    match = _WRITTEN.fullmatch(text)
    if match is None:
        return _record(_fields(text, file), file)
    app, environment, version, images, repository, revision, sequence, origin = match.group(1, 2, 3, 4, 6, 7, 8, 9)
    source = Source(repository, revision, int(sequence) if sequence else None)
    return _checked(app, environment, version, re.findall(_QUOTED, images or ""), source, origin, file)


def _quoted(text: str) -> str:
    """A double-quoted YAML scalar: JSON's strings are a subset (https://yaml.org/spec/1.2.2/#json)."""
    return json.dumps(text, ensure_ascii=False)


def _fields(text: str, file: str) -> dict[str, object]:
    """A record that a person has written or reformatted; every scalar is taken as text.

    Not with the C loader: it dies of its stack on a file of brackets, where python's raises RecursionError.
    """
    import yaml

    if len(text) > _LIMIT:
        raise _invalid(file, f"it has more than {_LIMIT} characters")
    try:
        value = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 (makes only str, list and dict)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise _invalid(file, f"it is not YAML: {error.problem}", mark.line + 1 if mark else None) from None
    except (yaml.YAMLError, RecursionError):
        raise _invalid(file, "it is not YAML") from None
    if not isinstance(value, dict):
        raise _invalid(file, "it is not a mapping")
    return value


def _record(fields: Mapping[str, object], file: str) -> Record:
    def text(name: str, where: Mapping[str, object] = fields, *, required: bool = False) -> str | None:
        value = where.get(name)
        if value is None and not required:
            return None
        if not isinstance(value, str) or not value:
            raise _invalid(file, f"`{name}` must be a text")
        return value

    source = fields.get("source", {})
    images = fields.get("images", [])
    if not isinstance(source, Mapping) or not isinstance(images, list):
        raise _invalid(file, "`source` must be a mapping and `images` a list")
    sequence = text("sequence", source)
    if sequence is not None and not re.fullmatch(r"[0-9]{1,19}", sequence):
        raise _invalid(file, "`sequence` must be a number")
    return _checked(
        text("app", required=True) or "",
        text("environment", required=True) or "",
        text("version", required=True) or "",
        [str(image) for image in images],
        Source(text("repository", source), text("revision", source), int(sequence) if sequence else None),
        text("promoted-from"),
        file,
    )


def _checked(
    app: str, environment: str, version: str, images: Sequence[str], source: Source, origin: str | None, file: str
) -> Record:
    for name in (app, environment):
        complaint = complaint_about_name(name)
        if complaint:
            raise _invalid(file, f"{name!r} {complaint}")
    if path(environment, app) != file:
        raise _invalid(file, f"it says that it is of {app} in {environment}")
    try:
        parsed = tuple(named(parse(image)) for image in images)
    except UsageError as error:
        raise _invalid(file, error.message) from None
    return Record(app, environment, Release(version, parsed, source), origin)


def _invalid(file: str, why: str, line: int | None = None) -> EditRefused:
    return EditRefused(
        f"this release record cannot be used: {why}",
        code="GA320",
        file=file,
        line=line,
        hint="restore it from git, or delete it: the next deploy writes it anew",
    )
