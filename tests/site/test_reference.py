"""docs/configuration.md tells every key as the model has it."""

from __future__ import annotations

from pathlib import Path

from vmm_site.config.__main__ import up_to_date
from vmm_site.config.reference import rows_of

DOCUMENT = Path(__file__).parents[2] / "docs" / "configuration.md"
AGAIN = "run `python -m vmm_site.config docs/configuration.md`, and write what new keys mean"


def test_its_tables_are_up_to_date() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert up_to_date(text) == text, AGAIN


def test_every_key_has_a_meaning() -> None:
    without = [key for key, meaning in rows_of(DOCUMENT.read_text(encoding="utf-8")) if not meaning.strip()]
    assert without == [], AGAIN


def test_a_new_key_gets_a_row_and_an_old_one_goes() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    stale = text.replace("| `port` |", "| `prot` |")
    assert stale != text
    renewed = up_to_date(stale)
    assert "`prot`" not in renewed
    assert dict(rows_of(renewed))["port"] == ""
    assert up_to_date(renewed) == renewed
