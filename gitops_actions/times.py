"""Times as people write them, in gitops.yaml and on the command line: `90s`, `30m`, `4h`, `2d`."""

from __future__ import annotations

import re

FORMS = "90s, 30m, 4h or 2d"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_TIME = re.compile(r"([0-9]{1,9})([smhd])", re.ASCII)


def seconds(text: str) -> int | None:
    """The seconds of a time; None when the text is not one."""
    match = _TIME.fullmatch(text)
    return None if match is None else int(match[1]) * _UNITS[match[2]]
