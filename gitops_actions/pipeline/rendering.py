"""A template and its values to a text in which every value is one value, and nothing else.

The text is made twice by the same steps: with the values, and with a mark in the place of each. Both are read as YAML.
They must have the same shape, and where the second has marks, the first must have exactly the values that they stand
for. So it does not matter how a template writes a value: if it could have become a key, another type, a comment or a
line of its own, there is no text at all.
"""

from __future__ import annotations

import functools
import json
import re
import traceback
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from jinja2 import FunctionLoader, TemplateError, TemplateNotFound, TemplateSyntaxError, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gitops_actions.errors import UsageError
from gitops_actions.pipeline import sandbox, structure
from gitops_actions.pipeline.bounds import TESTS, check, whole
from gitops_actions.pipeline.structure import Leaf, Path

# Nobody's text, one plain word under every YAML, shell and expression syntax.
_MARK = re.compile(r"xGitopsValue(\d+)x")
_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
# Where a platform takes text for a program (https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax,
# https://docs.gitlab.com/ci/yaml/): values come there by variables only.
_PROGRAMS = ("run", "shell", "script", "before_script", "after_script", "hooks", "entrypoint", "command", "options")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_./:-]*")
_OPENING = re.compile(r"\$\{\{|\$\[\[")
# What a platform evaluates: to the first end that is not within quotes, else all that follows.
_EXPRESSION = re.compile(r"\$\{\{(?:'[^']*+'|(?!\}\})[^'])*+(?:\}\}|.*)|\$\[\[(?:(?!\]\]).)*+", re.DOTALL)


class Given(str):
    """A text that comes from gitops.yaml. It stays one through the filters of templates, and has no parts there."""

    __slots__ = ()

    def __iter__(self) -> NoReturn:
        raise TypeError("a text is one value, and no list")

    def __getitem__(self, key: object) -> NoReturn:
        raise TypeError("a text is one value, and no list")


def given(value: Any) -> Any:
    """A value of gitops.yaml with each of its texts marked as such."""
    if isinstance(value, str):
        return Given(value)
    if isinstance(value, Mapping):
        return {Given(key): given(each) for key, each in value.items()}
    return [given(each) for each in value] if isinstance(value, list | tuple) else value


def render(name: str, templates: Mapping[str, str], data: Mapping[str, Any], *, expands: bool) -> str:
    """The text that the template ``name`` makes of ``data``, in which texts are `Given` or ours.

    ``expands``: the platform replaces `$NAME` in values, but beside `expand: false`.

    Raises UsageError: GA554 when it cannot be filled in, GA555 when no YAML comes out, GA556 when a value has become
    something else than a value, or stands where it would be run.
    """
    marks = _Marks()
    text = _filled(name, templates, data, lambda value: value)
    real = structure.read(text)
    _Comparison(marks.values).compare(real, structure.read(_filled(name, templates, data, marks.of)), (), expands)
    return text


class _Marks:
    """What stands for which value."""

    def __init__(self) -> None:
        self.values: list[str] = []

    def of(self, value: str) -> str:
        if value in self.values:
            return f"xGitopsValue{self.values.index(value)}x"
        self.values.append(str(value))
        return f"xGitopsValue{len(self.values) - 1}x"


def _filled(name: str, templates: Mapping[str, str], data: Mapping[str, Any], shown: Callable[[str], str]) -> str:
    texts = FunctionLoader(lambda called: (templates[called], called, None) if called in templates else None)
    jinja = sandbox.environment(loader=texts, finalize=functools.partial(_written, shown))
    jinja.globals.clear()
    jinja.tests = {test: jinja.tests[test] for test in TESTS}
    jinja.filters = {
        "yaml": lambda value: sandbox.yaml(_shown(value, shown)),
        "sh": lambda value: sandbox.sh(_shown(value, shown)),
        "json": lambda value: Given(json.dumps(value, ensure_ascii=False, separators=(",", ":"))),
        "registry": lambda image: Given(image.partition("/")[0]),
        "length": len,
        "first": lambda items: items[0] if items else None,
        "last": lambda items: items[-1] if items else None,
    }
    try:
        _check(name, templates, jinja, 0, ())
        return whole(jinja.get_template(name).generate(dict(data)))
    except UsageError as error:
        raise _broken(error.message, *(_place(error, templates) or (error.file or name, error.line))) from None
    except TemplateNotFound as error:
        raise _broken(f"there is no template {error.name}", name) from None
    except TemplateSyntaxError as error:
        raise _broken(error.message or "", error.filename or name, error.lineno) from None
    except Exception as error:
        message = error.message if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"[:300]
        raise _broken(message or "", *(_place(error, templates) or (name, None))) from None


def _place(error: Exception, templates: Mapping[str, str]) -> tuple[str, int | None] | None:
    """The template and the line where something went wrong: Jinja puts them into the traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    return next(((one.filename, one.lineno) for one in reversed(frames) if one.filename in templates), None)


def _check(
    name: str, templates: Mapping[str, str], jinja: ImmutableSandboxedEnvironment, loops: int, above: tuple[str, ...]
) -> None:
    """Raises UsageError for a template that does too much, itself or by what it includes."""
    if name in above or len(above) > 4:
        raise UsageError(f"{' includes '.join((*above, name))}: this has no end", file=name)
    if name not in templates:
        raise TemplateNotFound(name)
    try:
        included = check(jinja.parse(templates[name]), jinja.filters, includes=True)
    except UsageError as error:
        error.file = name
        raise
    for other, inside in included:
        if inside + loops > 1:
            raise UsageError(f"{other} is included within two loops", file=name)
        _check(other, templates, jinja, inside + loops, (*above, name))


def _shown(value: Any, shown: Callable[[str], str]) -> Any:
    if isinstance(value, Given):
        return shown(value)
    if isinstance(value, Mapping):
        return {_shown(key, shown): _shown(each, shown) for key, each in value.items()}
    return [_shown(each, shown) for each in value] if isinstance(value, list) else value


def _written(shown: Callable[[str], str], value: Any) -> Any:
    """What a template writes of a value that went through no filter, or through one that made text of it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping | list | tuple) or value is None:
        raise UsageError(f"{'nothing' if value is None else 'a list or mapping'} is written without the filter `yaml`")
    if not isinstance(value, str | int | Undefined):
        raise UsageError("this is no value")
    return _shown(value, shown)


class _Comparison:
    """What was made of the values beside what was made of their marks."""

    def __init__(self, values: list[str]) -> None:
        self._values = values

    def compare(self, real: Any, marked: Any, path: Path, expands: bool) -> None:
        """Raises UsageError unless the two are alike but for the values."""
        if isinstance(marked, Leaf):
            if not isinstance(real, Leaf):
                raise _changed(path, "has become a list or mapping", marked.line)
            self._compare_leaf(real, marked, path, expands)
        elif isinstance(marked, dict):
            keys = [self._unmarked(key) for key in marked]
            if not isinstance(real, dict) or list(real) != keys:
                raise _changed(path, "changes the structure", structure.line(real))
            raw = "expand" in marked and getattr(marked["expand"], "text", None) == "false"
            for key, own in zip(keys, marked, strict=True):
                if key != own and not _KEY.fullmatch(key):
                    raise _changed((*path, key), "is no plain word and stands as a key", structure.line(real))
                self.compare(real[key], marked[own], (*path, key), expands and not (raw and own == "value"))
        else:
            if not isinstance(real, list) or len(real) != len(marked):
                raise _changed(path, "changes the structure", structure.line(real))
            for number, (one, other) in enumerate(zip(real, marked, strict=True)):
                self.compare(one, other, (*path, number), expands)

    def _compare_leaf(self, real: Leaf, marked: Leaf, path: Path, expands: bool) -> None:
        if real.text != self._unmarked(marked.text) or real.tag != marked.tag:
            raise _changed(path, "reads back as something else", real.line)
        if _MARK.search(marked.text) and any(step in _PROGRAMS for step in path):
            raise _changed(path, "stands in text that is run", real.line, "hand it over by `env:` or `variables:`")
        if len(_OPENING.findall(real.text)) != len(_OPENING.findall(marked.text)):
            what = "makes `${{` or `$[[`, which the platform would evaluate"
            raise _changed(path, what, real.line, "leave it out")
        if expands and real.text.count("$") != marked.text.count("$"):
            raise _changed(path, "holds a `$`, which the platform would expand", real.line, "leave it out")
        expressions = [marked.text] if path[-1:] == ("if",) else _EXPRESSION.findall(marked.text)
        inside = [self._unmarked(mark[0]) for text in expressions for mark in _MARK.finditer(text)]
        if not all(map(_SIMPLE.fullmatch, inside)):
            raise _changed(path, "stands in an expression and is no plain word", real.line, "write only a name")

    def _unmarked(self, text: str) -> str:
        known = dict(enumerate(self._values))
        return _MARK.sub(lambda found: known.get(int(found[1]), found[0]), text)


def _changed(path: Path, what: str, line: int | None, hint: str | None = None) -> UsageError:
    where = ".".join(str(step) for step in path)[:100]
    return UsageError(
        f"a value at `{where}` of what comes out {what}" if where else f"a value {what} of what comes out",
        code="GA556",
        line=line,
        hint=hint or "write it with the filter `yaml`; what is in gitops.yaml must stay a value",
    )


def _broken(message: str, name: str, line: int | None = None) -> UsageError:
    hint = "values are <@ name @>, blocks <% if name %>; docs/pipelines.md has the names"
    return UsageError(message, code="GA554", file=name, line=line, hint=hint)
