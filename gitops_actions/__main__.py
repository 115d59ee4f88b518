"""`python -m gitops_actions`."""

import sys

# Python puts the current folder first; there may be a checkout of somebody else's repository with a yaml.py in it.
if not sys.flags.safe_path:
    del sys.path[0]

from gitops_actions.cli.main import main

main()
