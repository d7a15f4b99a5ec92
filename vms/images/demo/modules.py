"""Choosing kernel modules and everything they depend on.

A Debian kernel package ships no ``modules.dep`` (it is made at installation), so dependencies
are read from the modules themselves: each holds NUL-terminated ``depends=`` and ``alias=`` strings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

WANTED = (
    "virtio_pci", "virtio_blk", "virtio_net", "virtio_console", "virtio_balloon", "virtio_rng",
    "9p", "9pnet_virtio",
    "ext4", "crc32c_generic", "crc32c_intel",
    "vfat", "nls_cp437", "nls_ascii",
    "button", "evdev", "pvpanic_pci",
)  # fmt: skip
"""Modules that the guest's scripts load, by the names the kernel gives them."""

_INFO = re.compile(rb"\0(depends|alias)=([^\0]*)")


@dataclass(frozen=True)
class Module:
    """One kernel module: its name, its path below ``lib/modules/<release>/`` and its content."""

    name: str
    path: str
    content: bytes

    @property
    def dependencies(self) -> list[str]:
        """Names of the modules that must be loaded before it."""
        lists = (value for key, value in _INFO.findall(self.content) if key == b"depends")
        return [_canonical(name) for value in lists for name in value.decode().split(",") if name]

    @property
    def aliases(self) -> list[str]:
        """Patterns by which the kernel may ask for it, such as ``fs-ext4``."""
        found = (value.decode() for key, value in _INFO.findall(self.content) if key == b"alias")
        return list(dict.fromkeys(found))


def select(
    paths: Iterable[str], read: Callable[[str], bytes], wanted: Iterable[str] = WANTED
) -> list[Module]:
    """The wanted modules and all that they need, dependencies first.

    ``paths`` are the package's ``….ko`` files, relative to ``lib/modules/<release>/``. A wanted
    module that is missing is built into the kernel or not offered by it: the guest copes
    without. Raises KeyError when a dependency is missing.
    """
    by_name = {_canonical(path.rpartition("/")[2].removesuffix(".ko")): path for path in paths}
    chosen: dict[str, Module] = {}

    def add(name: str) -> None:
        if name in chosen:
            return
        module = Module(name, by_name[name], read(by_name[name]))
        for dependency in module.dependencies:
            add(dependency)
        chosen[name] = module

    for name in wanted:
        if name in by_name:
            add(name)
    return list(chosen.values())


def dependency_file(modules: Iterable[Module]) -> str:
    """``modules.dep`` for the modules: each path with all the paths that it needs, nearest first."""
    known = {module.name: module for module in modules}
    lines = []
    for module in known.values():
        needed = [known[name].path for name in reversed(_closure(module, known))]
        lines.append(f"{module.path}: {' '.join(needed)}".rstrip())
    return "".join(f"{line}\n" for line in lines)


def alias_file(modules: Iterable[Module]) -> str:
    """``modules.alias`` for the modules, so that the kernel's own requests find them."""
    return "".join(f"alias {alias} {module.name}\n" for module in modules for alias in module.aliases)


def _closure(module: Module, known: Mapping[str, Module]) -> list[str]:
    """Names of all modules below ``module``, those to load first first."""
    order: dict[str, None] = {}
    for name in module.dependencies:
        for below in _closure(known[name], known):
            order.setdefault(below)
        order.setdefault(name)
    return list(order)


def _canonical(name: str) -> str:
    return name.replace("-", "_")
