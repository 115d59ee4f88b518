"""Runs gitops-actions out of this folder, with the packages of the private environment.

In: ACTION_COMMAND, the words of a command; ACTION_ARGUMENTS, what it is about, a line each; its options as
GITOPS_<OPTION>. No text of these is ever split into several arguments or taken for an option.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

# Python runs isolated (-I), so that neither the workspace nor PYTHON... variables can bring in other code.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# For `generate`, which names the commit. Steps of composite actions find these empty:
# https://github.com/actions/runner/issues/2473.
for name in ("ACTION_REPOSITORY", "ACTION_REF"):
    os.environ[f"GITHUB_{name}"] = os.environ.get(f"GITHUB_{name}") or os.environ.pop(name, "")

command = os.environ.pop("ACTION_COMMAND", "").strip()
arguments = [line.strip() for line in os.environ.pop("ACTION_ARGUMENTS", "").splitlines() if line.strip()]
if not re.fullmatch("[a-z]+(-[a-z]+)*( [a-z]+(-[a-z]+)*)*", command):
    sys.stdout.write("::error title=command::This is not the name of a command, such as `deploy` or `pr list`.\n")
    sys.exit(2)
sys.argv = ["gitops-actions", *command.split(), *(["--", *arguments] if arguments else [])]

from gitops_actions.cli.main import main  # noqa: E402 (it has to be found first)

main()
