"""The options that every management command understands."""

from __future__ import annotations

from pathlib import Path

import pytest

from manage import take_global_options


@pytest.mark.parametrize(
    "argv, rest, environ",
    [
        (["m", "serve", "--data", "/d"], ["m", "serve"], {"VMM_DATA": "/d"}),
        (["m", "--data=/d", "serve", "--port", "1"], ["m", "serve", "--port", "1"], {"VMM_DATA": "/d"}),
        (["m", "check", "--config", "/c.toml"], ["m", "check"], {"VMM_CONFIG": "/c.toml"}),
        (["m", "x", "--database", "d"], ["m", "x", "--database", "d"], {}),
        (["m", "x", "--", "--data", "/d"], ["m", "x", "--", "--data", "/d"], {}),
    ],
)
def test_global_options_may_stand_anywhere(argv: list[str], rest: list[str], environ: dict[str, str]) -> None:
    found: dict[str, str] = {}
    assert take_global_options(argv, found) == rest
    assert found == environ


def test_a_relative_path_is_meant_from_where_the_command_was_given() -> None:
    found: dict[str, str] = {}
    take_global_options(["m", "--data", "here"], found)
    assert found == {"VMM_DATA": str(Path("here").absolute())}


@pytest.mark.parametrize("argv", [["m", "--data"], ["m", "--data="], ["m", "--data", "--config"]])
def test_an_option_without_its_value_is_refused(argv: list[str]) -> None:
    with pytest.raises(SystemExit, match="needs a value"):
        take_global_options(argv, {})
