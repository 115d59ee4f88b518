"""`python -m gitops_actions`."""

from gitops_actions.cli.main import main

main()
