"""Edit kind ``dotenv``: one variable of a ``.env`` file
(https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax).

Only what all readers of such files agree on is edited: one variable on one line, plain or in quotes, without escapes
and interpolation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from gitops_actions.errors import EditRefused, UsageError
from gitops_actions.model import Edited, EditSpec, Found, Release, Take, ValueChange

_LINE = re.compile(r"[^\r\n]+")
_LINE_END = re.compile(r"\r\n|\r|\n")
_VARIABLE = re.compile(
    r"""[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*
        (?P<value>'[^']*'|"[^"\\$`]*"|[^\s'"\\$`#]*)
        (?:[ \t]*|[ \t]+\#.*)""",
    re.VERBOSE,
)
_PLAIN = re.compile(r"[A-Za-z0-9_./:@+,-]+")
_BOM = "\ufeff"


class Dotenv:
    """The variable ``path``; without ``value``, it gets the version."""

    kind = "dotenv"
    # All that it looks at. What else an edit or a command line gives is refused before the editor is asked.
    takes: Mapping[str, Take] = {
        "path": Take(needed=True),
        "value": Take(),
        "version": Take(needed=True, without="value"),
    }

    def paths(self, spec: EditSpec) -> tuple[str, ...]:
        """The file."""
        return (spec.file,)

    def read(self, text: str, spec: EditSpec) -> tuple[Found, ...]:
        """The value of the variable."""
        variable = _find(text, spec)
        return (Found(variable.name, variable.line, variable.value, "version" if spec.value is None else "value"),)

    def edit(self, text: str, spec: EditSpec, release: Release) -> Edited:
        """The text with the new value in place, in the quotes that the old one had."""
        new = release.version if spec.value is None else spec.value
        variable = _find(text, spec)
        if variable.value == new:
            return Edited(text)
        edited = text[: variable.start] + _quoted(new, variable.quote) + text[variable.end :]
        wanted = [(each.name, new if each == variable else each.value) for each in _variables(text)]
        if [(each.name, each.value) for each in _variables(edited)] != wanted:
            raise EditRefused(
                f"{variable.name} would not read back as it was written",
                code="GA113",
                line=variable.line,
                hint="write the value once by hand in single quotes",
            )
        return Edited(edited, (ValueChange(variable.name, variable.line, variable.value, new),))


class _Variable(NamedTuple):
    """A variable; its value with its quotes is ``text[start:end]``."""

    name: str
    value: str
    quote: str
    line: int
    start: int
    end: int


def _variables(text: str) -> list[_Variable]:
    """All variables. Raises EditRefused for a line that is none: a value of several lines could hold what looks like
    a variable."""
    found: list[_Variable] = []
    line, position = 1, 0
    for content in _LINE.finditer(text, len(_BOM) if text.startswith(_BOM) else 0):
        line += len(_LINE_END.findall(text, position, content.start()))
        position = content.end()
        if not content[0].strip() or content[0].lstrip().startswith("#"):
            continue
        match = _VARIABLE.fullmatch(text, content.start(), content.end())
        if match is None:
            raise EditRefused(
                "this line is no variable with a simple value",
                code="GA106",
                line=line,
                column=len(content[0]) - len(content[0].lstrip()) + 1,
                hint="write NAME=value on one line, without escapes and interpolation",
            )
        value = match["value"]
        quote = value[0] if value[:1] in ("'", '"') else ""
        bare = value.removeprefix(quote).removesuffix(quote)
        found.append(_Variable(match["name"], bare, quote, line, *match.span("value")))
    return found


def _find(text: str, spec: EditSpec) -> _Variable:
    """The one variable that the edit names."""
    if not spec.path:
        raise UsageError("kind dotenv needs a path", code="GA121", hint="name the variable, such as path: WEB_TAG")
    variables = _variables(text)
    found = [each for each in variables if each.name == spec.path]
    if not found:
        there = ", ".join(each.name for each in variables[:12]) or "nothing"
        raise EditRefused(f"there is no variable {spec.path}", code="GA101", hint=f"the file sets {there}")
    if len(found) > 1:
        message = f"{spec.path} is set twice: on lines {found[0].line} and {found[1].line}"
        raise EditRefused(message, code="GA103", line=found[1].line, column=1, hint="remove one of them")
    return found[0]


def _quoted(value: str, quote: str) -> str:
    """The value in these quotes, or in others where it needs them."""
    if not quote and _PLAIN.fullmatch(value):
        return value
    for each in (quote or '"', "'"):
        forbidden = '"\\$`' if each == '"' else "'"
        if value.isprintable() and not any(char in forbidden for char in value):
            return each + value + each
    raise UsageError(f"{value!r} cannot be written into a .env file", code="GA121", hint="leave out quotes and escapes")
