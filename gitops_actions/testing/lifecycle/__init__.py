"""The life of releases, from the first deployment to the last promotion, as one suite for every forge.

A plugin's tests subclass `LifecycleContract` and say how a config repository is put behind the forge::

    class TestMyForge(LifecycleContract):
        @contextmanager
        def open_ground(self, root, files):
            with MyForge(root) as forge:
                yield MyGround(forge, files)

pytest does the rest. Every case runs the command line, looks at what the forge shows to people and at what git holds,
and never at how a forge is spoken to. What a forge lacks is said by its capabilities, and by what its ground is not
(`Checks`, `Sources`, `Reopens`): such a case is skipped with the reason, or holds the other promise.
"""

from gitops_actions.testing.lifecycle.automerge import AutoMerges
from gitops_actions.testing.lifecycle.committing import Committing
from gitops_actions.testing.lifecycle.crashing import Crashing
from gitops_actions.testing.lifecycle.ground import Checks, Ground, Reopens, Shown, Sources
from gitops_actions.testing.lifecycle.grouping import Grouping
from gitops_actions.testing.lifecycle.leftovers import Leftovers
from gitops_actions.testing.lifecycle.looking import Looking
from gitops_actions.testing.lifecycle.ordering import Ordering
from gitops_actions.testing.lifecycle.people import People
from gitops_actions.testing.lifecycle.promoting import Promoting
from gitops_actions.testing.lifecycle.proposing import Proposing
from gitops_actions.testing.lifecycle.scene import Scene, Scenes

__all__ = ["Checks", "Ground", "LifecycleContract", "Reopens", "Scene", "Scenes", "Shown", "Sources"]


class LifecycleContract(
    Committing,
    Proposing,
    People,
    Promoting,
    AutoMerges,
    Grouping,
    Leftovers,
    Ordering,
    Crashing,
    Looking,
):
    """Everything that a release can meet. See the module."""
