"""Which branches a pattern of GitHub means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Such expressions can take for ever in Python, which they never do on GitHub.
_COSTLY = re.compile(r"\)[*+{?]|\\[0-9]")
_OPEN = re.compile(r"[*+}]")


def fits(pattern: str, branch: str) -> bool:
    """Whether a classic protection is one of a branch: fnmatch with FNM_PATHNAME, as Ruby has it
    (https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/managing-a-branch-protection-rule#about-branch-protection-rules).
    """
    signs = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
    pieces = re.split(r"(\*\*/|\*+|\?)", pattern)
    made = "".join(signs.get("*" if set(piece) == {"*"} else piece, re.escape(piece)) for piece in pieces)
    return re.fullmatch(made, branch) is not None


def name_fits(given: Mapping[str, Any], branch: str) -> bool | None:
    """Whether a rule about names of branches takes one; None where that is not to be told."""
    pattern, operator = str(given.get("pattern", "")), given.get("operator")
    if operator == "regex":
        if _COSTLY.search(pattern) or len(_OPEN.findall(pattern)) > 3:
            return None
        try:
            found = re.search(pattern, branch) is not None
        except re.error:  # GitHub's syntax is another one (RE2)
            return None
    elif operator == "starts_with":
        found = branch.startswith(pattern)
    elif operator == "ends_with":
        found = branch.endswith(pattern)
    elif operator == "contains":
        found = pattern in branch
    else:
        return None
    return found is not bool(given.get("negate"))
