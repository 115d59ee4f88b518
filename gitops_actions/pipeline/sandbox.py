"""The one Jinja environment (https://jinja.palletsprojects.com/en/stable/sandbox/): nothing else imports jinja2.

The delimiters are our own, because Jinja's clash with what templates write: `${{ }}` of GitHub, `$[[ ]]` of GitLab,
`{{ }}` of Helm, `<<` of YAML and shells. What comes out of a template is text; whoever asked parses and checks it.
"""

from __future__ import annotations

import functools
import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gitops_actions.resources import templates

# Texts that mean the same in quotes and without, under YAML 1.1 and 1.2, in block and in flow style.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:[./-][A-Za-z0-9_]+)*")
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))


def render(name: str, data: Mapping[str, Any]) -> str:
    """The text of the template ``name``, a path below `templates/`, filled with ``data``.

    Raises jinja2's errors when the template asks for what is not in ``data``: that is a bug of ours.
    """
    return _environment().get_template(name).render(data)


def yaml(value: Any) -> str:
    """The filter `yaml`: a value as YAML on one line, which reads back as the same under YAML 1.1 and 1.2."""
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
            return value
        return _quoted(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{yaml(key)}: {yaml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(yaml(each) for each in value) + "]"
    if value is None or isinstance(value, bool | int):
        return json.dumps(value)
    raise TypeError(f"{type(value).__name__} has no form in YAML")


def sh(value: str) -> str:
    """The filter `sh`: a text as one word of a POSIX shell. Raises ValueError for a NUL, which no shell can hold."""
    if "\0" in value:
        raise ValueError("a shell word cannot hold a NUL")
    return shlex.quote(value)


def _quoted(text: str) -> str:
    """A double-quoted scalar; what is not printable is escaped as https://yaml.org/spec/1.2.2/#57-escaped-characters
    has it (JSON's pairs of surrogates are not allowed there)."""
    return "".join(
        char if char == " " or char.isprintable() else f"\\U{ord(char):08x}"
        for char in json.dumps(text, ensure_ascii=False)
    )


def source(name: str) -> str:
    """The text of the template ``name``, not filled in."""
    return (templates() / name).read_text(encoding="utf-8")


@functools.cache
def _environment() -> ImmutableSandboxedEnvironment:
    made = environment(loader=FileSystemLoader(templates()))
    made.filters.update(yaml=yaml, sh=sh)
    return made


def environment(**more: Any) -> ImmutableSandboxedEnvironment:
    """Jinja with our delimiters, and what else it is to be made with."""
    return ImmutableSandboxedEnvironment(
        **more,
        variable_start_string="<@",
        variable_end_string="@>",
        block_start_string="<%",
        block_end_string="%>",
        comment_start_string="<#",
        comment_end_string="#>",
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # that is for HTML, and would break YAML and shell
    )
