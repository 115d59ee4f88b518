"""What the action is used for."""

from __future__ import annotations

from tests.action.runner import ROOT, Job, Ran
from tests.e2e.hubworld import TOKEN, HubWorld


def deploy(hub: HubWorld, job: Job, version: str = "1.4.2", **given: str) -> Ran:
    """`uses: ./` with what a deploy needs."""
    inputs = {"config-repo": hub.address, "forge": "github", "api-url": hub.hub.api_url, "token": TOKEN,
              "image": f"ghcr.io/acme/web:{version}"}  # fmt: skip
    return job.uses(ROOT, inputs | {name.replace("_", "-"): value for name, value in given.items()})
