"""What PCI products are called, from the list that lspci uses, where the host has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

LISTS = (Path("/usr/share/misc/pci.ids"), Path("/usr/share/hwdata/pci.ids"))
MAX_BYTES = 16 << 20
MAX_NAME = 200


def descriptions(products: Iterable[str], lists: Iterable[Path] = LISTS) -> dict[str, str]:
    """``NVIDIA Corporation GH100 [H200 SXM 141GB]`` for each vendor:product that the first list there has.

    A product that it hasn't is left out.
    """
    wanted = frozenset(products)
    for path in lists:
        try:
            changed_ns = path.stat().st_mtime_ns
        except OSError:
            continue
        return dict(_in_list(path, changed_ns, wanted)) if wanted else {}
    return {}


@lru_cache(maxsize=4)
def _in_list(path: Path, _changed_ns: int, wanted: frozenset[str]) -> dict[str, str]:
    """Looked up once for the same list and products: it is a megabyte of text."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return {}
    return {product: name for product, name in _entries(text) if product in wanted}


def _entries(text: str) -> Iterator[tuple[str, str]]:
    """Every (vendor:product, name). A vendor's line begins at the margin, its products' with one tab."""
    vendor = vendor_name = ""
    for line in text.splitlines():
        digits, _, name = line.strip().partition("  ")
        if len(digits) != 4 or not name or line.startswith(("#", "\t\t")):
            if line.startswith("C "):
                return  # classes follow, in the same form
            continue
        if line.startswith("\t"):
            words = "".join(filter(str.isprintable, f"{vendor_name} {name}"))
            yield f"{vendor}:{digits}", words[:MAX_NAME]
        else:
            vendor, vendor_name = digits, name
