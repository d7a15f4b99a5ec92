"""A fleet's configuration: whole or none, and its secrets told to nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from vmm_site import stores
from vmm_site.config import Config, ConfigError, load_config

SECRET = "0123456789abcdef0123456789abcdef"
WHOLE = {
    "DATABASE_URL": "postgres://vmm:pass%2Fword@db.example.org:5433/fleet?sslmode=require",
    "REDIS_URL": "redis://:word@cache.example.org:6379/0",
    "VMM_FLEET__SECRET": SECRET,
    "VMM_FLEET__ADDRESS": "https://rack-3.example.org:12000",
}


def loaded(home: Path, **environ: str) -> Config:
    return load_config(None, {"HOME": str(home), **environ})


def test_a_host_alone_needs_nothing_of_it(tmp_path: Path) -> None:
    assert loaded(tmp_path).fleet.address == ""


def test_a_whole_one_is_taken(tmp_path: Path) -> None:
    config = loaded(tmp_path, **WHOLE)
    assert (config.fleet.secret, config.fleet.verify) == (SECRET, True)


@pytest.mark.parametrize(
    "without, said",
    [
        ("REDIS_URL", "database_url needs redis_url"),
        ("DATABASE_URL", "redis_url needs database_url"),
        ("VMM_FLEET__SECRET", r"database_url needs \[fleet\] secret"),
        ("VMM_FLEET__ADDRESS", r"database_url needs \[fleet\] address"),
    ],
)
def test_half_a_one_is_refused(tmp_path: Path, without: str, said: str) -> None:
    environ = {name: value for name, value in WHOLE.items() if name != without}
    with pytest.raises(ConfigError, match=said) as refused:
        loaded(tmp_path, **environ)
    assert SECRET not in str(refused.value)
    assert "word" not in str(refused.value)


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("DATABASE_URL", "mysql://u:hush@h/d", "must begin with postgres://"),
        ("DATABASE_URL", "postgres://u:hush@h", "names no database"),
        ("DATABASE_URL", "postgres://u:hush@h:port/d", "not a URL"),
        ("REDIS_URL", "memcached://hush@h", "must begin with redis://"),
        ("REDIS_URL", "redis://", "names no host"),
        ("VMM_FLEET__SECRET", "hush" * 7, "has 28 characters; it needs 32"),
        ("VMM_FLEET__ADDRESS", "rack-3:12000", "must begin with http"),
    ],
)
def test_what_is_wrong_is_named_and_no_secret_told(tmp_path: Path, name: str, value: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        loaded(tmp_path, **WHOLE | {name: value})
    assert "hush" not in str(refused.value)


def test_the_secret_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET + "\n")
    (tmp_path / "vmm.toml").write_text('[fleet]\nsecret_file = "secret"\n')
    environ = {name: value for name, value in WHOLE.items() if name != "VMM_FLEET__SECRET"}
    config = load_config(tmp_path / "vmm.toml", {"HOME": str(tmp_path), **environ})
    assert config.fleet.secret == SECRET
    named = loaded(tmp_path, **environ, VMM_FLEET__SECRET_FILE=str(tmp_path / "secret"))
    assert named.fleet.secret == SECRET
    (tmp_path / "vmm.toml").write_text('[fleet]\nsecret_file = "nowhere"\n')
    with pytest.raises(ConfigError, match=r"fleet\.secret_file: can't read .*nowhere"):
        load_config(tmp_path / "vmm.toml", {"HOME": str(tmp_path), **environ})


def test_the_url_says_all_that_the_database_is_asked_with() -> None:
    found = stores.postgresql(WHOLE["DATABASE_URL"])
    asked = [found[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")]
    assert asked == ["fleet", "vmm", "pass/word", "db.example.org", "5433"]
    assert found["OPTIONS"]["sslmode"] == "require"
    assert found["OPTIONS"]["connect_timeout"] == "5"
    on_socket = stores.postgresql("postgres:///fleet?host=/run/postgresql&user=vmm&connect_timeout=9")
    assert (on_socket["HOST"], on_socket["USER"], on_socket["PORT"]) == ("/run/postgresql", "vmm", "")
    assert on_socket["OPTIONS"]["connect_timeout"] == "9"


def test_another_fleet_on_the_same_redis_is_another_one() -> None:
    one, other = (stores.redis(WHOLE["REDIS_URL"], SECRET + end)["CONFIG"] for end in ("a", "b"))
    assert one["prefix"] != other["prefix"]
    assert one["symmetric_encryption_keys"] != other["symmetric_encryption_keys"]
