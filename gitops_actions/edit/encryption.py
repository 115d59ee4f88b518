"""SOPS in text that no parser of ours has read: what it signs, any edit would break, and what it encrypts is no value
(https://getsops.io/docs/)."""

from __future__ import annotations

import re

from gitops_actions.edit import lines
from gitops_actions.edit.marks import Mark
from gitops_actions.edit.refusals import ENCRYPTED, refusal
from gitops_actions.errors import EditRefused

# The message authentication code as SOPS writes it into .env, and into .ini; a table of TOML looks alike.
_SIGNED = re.compile(
    r"""^(?:sops_mac[ \t]*=
          | [ \t]*\[[ \t]*sops[ \t]*\][^\n]*\n (?:(?![ \t]*\[)[^\n]*\n)*? [ \t]*mac[ \t]*=)""",
    re.MULTILINE | re.VERBOSE,
)
_VALUE = re.compile(r"\bENC\[[^\]\r\n]*\]?")
_HINT = "keep the released values in a file of their own that is not encrypted"


def check_file(text: str) -> None:
    """Raises EditRefused for a file of SOPS, of any of its formats."""
    if "sops" not in text or "mac" not in text:
        return
    signed = _SIGNED.search(text)
    if signed is not None:
        raise refusal(ENCRYPTED, "the file is encrypted with SOPS", Mark(text, signed.start()), _HINT)
    try:
        with lines.parse(text):  # YAML and JSON
            return
    except EditRefused as error:
        if error.code == ENCRYPTED:
            raise


def check_value(text: str, start: int, end: int) -> None:
    """Raises EditRefused where ``text[start:end]`` is encrypted, or a part of what is."""
    for found in _VALUE.finditer(text):
        if found.start() < end and start < found.end():
            hint = "keep the value where it is plain text"
            raise refusal(ENCRYPTED, "the value is encrypted", Mark(text, found.start()), hint)
