#!/usr/bin/env bash
# status.sh REPO: what git alone takes to read every record and every kustomization.
set -euo pipefail
cd "$1"
git ls-tree -r main -- .gitops services | cut -c 13-52 | git cat-file --batch > /dev/null
