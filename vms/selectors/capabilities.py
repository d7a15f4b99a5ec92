"""What a node's settings allow: this process's own as they are, another node's as its row tells them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from vms.capabilities import Capabilities, of_settings
from vms.conf import conf
from vms.models import Node

if TYPE_CHECKING:
    from vmm_site.config import Config


def of_node(node: Node) -> Capabilities | None:
    """None where the node has not said it yet. No query."""
    if node.name == conf().effective_node_name:
        return own()
    return Capabilities.of(node.capabilities) if node.capabilities else None


def known_of(node: Node) -> Capabilities:
    """The same; of a node that has said nothing, the most careful of all."""
    return of_node(node) or Capabilities()


def by_name(names: Iterable[str]) -> dict[str, Capabilities]:
    """Of these nodes, by name; one query where others than this one are among them, else none."""
    mine = conf().effective_node_name
    found = {mine: own()}
    if others := set(names) - {mine}:
        found |= {node.name: known_of(node) for node in Node.objects.filter(name__in=others)}
    return found


def own() -> Capabilities:
    """This process's; made once, for it is asked for with every row."""
    return _made(_Settings(conf()))


class _Settings:
    """A configuration as a key: the same object, for comparing all of its values takes longer."""

    __slots__ = ("config",)

    def __init__(self, config: Config) -> None:
        self.config = config

    def __hash__(self) -> int:
        return id(self.config)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Settings) and other.config is self.config


@lru_cache(maxsize=1)
def _made(settings: _Settings) -> Capabilities:
    return of_settings(settings.config)
