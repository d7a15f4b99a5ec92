"""The document's first page: prose, so it lies in a file of its own."""

from __future__ import annotations

from pathlib import Path

OVERVIEW = Path(__file__).with_name("overview.md").read_text("utf-8")
