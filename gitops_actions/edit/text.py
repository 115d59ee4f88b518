"""Kind ``text``: one value in any text file, by a regular expression."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from gitops_actions.edit import encryption
from gitops_actions.edit.refusals import AMBIGUOUS, BAD_SPEC, MISSING, NOT_A_VALUE, NOT_READ_BACK, TOO_MUCH, quoted
from gitops_actions.edit.source import without_bom
from gitops_actions.errors import EditRefused, UsageError
from gitops_actions.model import Edited, EditSpec, Found, Release, Take, ValueChange

# A pattern is the config repo's own, but it runs on every deploy: a bad one shall not cost minutes.
MAX_CHARACTERS = 1024 * 1024

_GROUP = "value"


class TextPattern:
    """What the group ``value`` of ``pattern`` matches. ``^`` and ``$`` match at every line; the pattern must match
    exactly once, before and after."""

    kind = "text"
    takes: Mapping[str, Take] = {
        "pattern": Take(needed=True),
        "value": Take(needed=True),
    }

    def paths(self, spec: EditSpec) -> tuple[str, ...]:
        """The file."""
        return (spec.file,)

    def read(self, text: str, spec: EditSpec) -> tuple[Found, ...]:
        """The value."""
        pattern = _compiled(spec.pattern)
        _, text = without_bom(text)
        match = _only_match(pattern, text)
        return (Found(pattern.pattern, _line(text, match), match[_GROUP]),)

    def edit(self, text: str, spec: EditSpec, release: Release) -> Edited:  # noqa: ARG002
        """The text with ``spec.value`` in place, which the release has filled in."""
        pattern = _compiled(spec.pattern)
        if spec.value is None:
            raise UsageError("kind text needs a value", code=BAD_SPEC, hint='for example value: "{version}"')
        if not spec.value.isprintable():
            message = f"{quoted(spec.value)} holds a line end or another control character"
            raise UsageError(message, code=BAD_SPEC, hint="write a value that fits on one line")
        bom, text = without_bom(text)
        match = _only_match(pattern, text)
        old, (start, end), line = match[_GROUP], match.span(_GROUP), _line(text, match)
        if old == spec.value:
            return Edited(bom + text)
        new = text[:start] + spec.value + text[end:]
        again = list(pattern.finditer(new))
        if len(again) != 1 or again[0].span(_GROUP) != (start, start + len(spec.value)):
            raise EditRefused(
                f"with {quoted(spec.value)} in place, the pattern would not find this value again",
                code=NOT_READ_BACK,
                line=line,
                hint="write the group value so that it matches every value, and nothing around it",
            )
        return Edited(bom + new, (ValueChange(pattern.pattern, line, old, spec.value),))


@lru_cache(maxsize=256)
def _compiled(pattern: str | None) -> re.Pattern[str]:
    if not pattern:
        raise UsageError("kind text needs a pattern", code=BAD_SPEC, hint="for example pattern: 'ref=(?P<value>\\S+)'")
    try:
        compiled = re.compile(pattern, re.MULTILINE)
    except (re.error, OverflowError, RecursionError) as error:
        message = f"pattern {quoted(pattern)} is not a regular expression: {error}"
        raise UsageError(message, code=BAD_SPEC, hint="see https://docs.python.org/3/library/re.html") from None
    if _GROUP not in compiled.groupindex:
        message = f"pattern {quoted(pattern)} has no group named value"
        raise UsageError(message, code=BAD_SPEC, hint="put (?P<value>...) around what is to be replaced")
    return compiled


def _only_match(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    if len(text) > MAX_CHARACTERS:
        hint = "put the value into a small file of its own"
        raise EditRefused(f"the file has more than {MAX_CHARACTERS} characters", code=TOO_MUCH, hint=hint)
    encryption.check_file(text)
    found = pattern.finditer(text)
    first, second = next(found, None), next(found, None)
    if first is None or first[_GROUP] is None:
        hint = "correct the pattern, or write the value once by hand so that it matches"
        raise EditRefused(f"pattern {quoted(pattern.pattern)} does not match", code=MISSING, hint=hint)
    line = _line(text, first)
    if second is not None:
        message = f"pattern {quoted(pattern.pattern)} matches more than once, on lines {line} and {_line(text, second)}"
        hint = "make the pattern match one place, and write an edit for each other one"
        raise EditRefused(message, code=AMBIGUOUS, line=_line(text, second), hint=hint)
    if len(first[_GROUP].splitlines()) > 1 or first[_GROUP].endswith(("\r", "\n")):
        hint = "keep line ends out of the group; '.' matches the \\r of a Windows line end: write [^\\r\\n]"
        raise EditRefused("the group value takes in a line end", code=NOT_A_VALUE, line=line, hint=hint)
    encryption.check_value(text, *first.span(_GROUP))
    return first


def _line(text: str, match: re.Match[str]) -> int:
    """Counted from 1, at the start of the value."""
    start = match.start(_GROUP) if match[_GROUP] is not None else match.start()
    return text.count("\n", 0, start) + 1
