#!/usr/bin/env bash
# Finds a Python that is new enough and lets it do the rest (install.py). Runs on Linux, macOS and Windows (git's bash).
# The Python that is found is only read: nothing is installed into it, and PATH stays as it is.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"

enough() {
  command -v -- "$1" >/dev/null 2>&1 && "$1" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# Where GitHub's runners and actions/setup-python keep Pythons that are not on the PATH.
kept=("${RUNNER_TOOL_CACHE:-/nowhere}"/Python/3.1[1-9]*/*/bin/python3 "${RUNNER_TOOL_CACHE:-/nowhere}"/Python/3.1[1-9]*/*/python.exe)

# What is looked for from here on is not found in the workspace, where Windows would look first.
cd -- "$here"

for python in python3 python python3.14 python3.13 python3.12 python3.11 "${kept[@]}"; do
  if enough "$python"; then
    exec "$python" -I "$here/install.py"
  fi
done

echo "::error title=No Python::gitops-actions needs Python 3.11 or newer, and this runner has none. Add a step with actions/setup-python before this one." >&2
exit 2
