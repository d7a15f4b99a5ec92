"""Users' passwords and the operator's htpasswd file, by HTTP Basic."""

from __future__ import annotations

import os
from base64 import b64encode
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from tests.access.people import PASSWORD, person, with_login
from vms.access import passwords
from vms.access.principal import Credential, Principal
from vms.access.verified import verified
from vms.choices import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("login_on")]


def asked(user: str, password: str) -> Any:
    verified.forget_all()
    value = b64encode(f"{user}:{password}".encode()).decode()
    return Client(headers={"authorization": f"Basic {value}"}).get("/prpc/Version")


def entry(user: str, password: str, prefix: bytes = b"2b", rounds: int = 4) -> str:
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds)).decode()
    return f"{user}:${prefix.decode()}{hashed[3:]}\n"


@pytest.fixture
def file(tmp_path: Path, settings: Any) -> Path:
    path = tmp_path / "htpasswd"
    path.write_text("# users\n\n" + entry("ops", "secret") + entry("old", "older", b"2y"))
    settings.VMM = with_login(htpasswd_file=path)
    return path


def test_a_user_s_password_is_right_and_nothing_else_is() -> None:
    user = person("ada", Role.OPERATOR)
    answer = asked("ada", PASSWORD)
    assert answer.wsgi_request.principal == Principal("ada", Role.OPERATOR, Credential.PASSWORD, user.pk)
    for name, password in [
        ("ada", "wrong"),
        ("ada", ""),
        ("Ada", PASSWORD),
        ("", PASSWORD),
        ("eve", PASSWORD),
    ]:
        assert asked(name, password).status_code == 401


def test_a_user_who_is_not_active_is_refused() -> None:
    person("ada", is_active=False)
    assert asked("ada", PASSWORD).status_code == 401


def test_a_user_without_a_password_is_refused() -> None:
    user = person("ada")
    user.set_unusable_password()
    user.save()
    assert asked("ada", PASSWORD).status_code == 401
    assert asked("ada", "").status_code == 401


def test_an_older_hash_is_renewed() -> None:
    user = person("ada")
    user.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    user.save()
    assert asked("ada", PASSWORD).status_code == 200
    user.refresh_from_db()
    assert user.password.startswith("argon2$")


def test_users_of_the_htpasswd_file_are_admins(file: Path) -> None:
    for name, password in [("ops", "secret"), ("old", "older")]:
        answer = asked(name, password)
        assert answer.wsgi_request.principal == Principal(name, Role.ADMIN, Credential.CONFIGURED)
    assert asked("ops", "older").status_code == 401
    assert asked("nobody", "secret").status_code == 401


def test_their_role_is_the_operator_s_to_say(file: Path, settings: Any) -> None:
    settings.VMM = with_login(htpasswd_file=file, htpasswd_role="viewer")
    assert asked("ops", "secret").wsgi_request.principal.role == Role.VIEWER


def test_the_file_is_read_again_when_it_changed(file: Path) -> None:
    assert asked("new", "secret").status_code == 401
    file.write_text(entry("new", "secret"))
    os.utime(file, ns=(1, 1))
    assert asked("new", "secret").status_code == 200
    assert asked("ops", "secret").status_code == 401
    file.unlink()
    assert asked("new", "secret").status_code == 401


@pytest.mark.parametrize(
    "line",
    [
        "ops:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",
        "ops:$apr1$x$abcdefghijklmnopqrstu/",
        "ops:secret",
        "ops:",
        "ops",
        ":" + entry("", "secret")[1:].strip(),
        "ops:$2b$31$" + "a" * 53,
        "ops:$2b$04$" + "a" * 20,
    ],
)
def test_a_line_that_is_no_bcrypt_entry_lets_nobody_in(
    file: Path, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text(line + "\n" + entry("good", "secret"))
    os.utime(file, ns=(2, 2))
    for password in ("secret", "", "password"):
        assert asked("ops", password).status_code == 401
        assert asked("", password).status_code == 401
    assert asked("good", "secret").status_code == 200
    assert "line 1 lets nobody in" in caplog.text
    assert "secret" not in caplog.text


def test_a_long_password_counts_as_far_as_bcrypt_looks(file: Path) -> None:
    file.write_text(entry("ops", "p" * 72))
    os.utime(file, ns=(3, 3))
    assert asked("ops", "p" * 100).status_code == 200
    assert asked("ops", "p" * 71).status_code == 401


def test_a_name_that_a_user_has_is_the_user_s_alone(file: Path) -> None:
    person("ops", is_active=False)
    assert asked("ops", "secret").status_code == 401


@pytest.mark.parametrize("name", ["nobody", "ada"])
def test_an_unknown_name_takes_the_work_of_a_known_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many Argon2 hashes are made for a name that nobody has as for a wrong password."""
    from argon2 import low_level

    person("ada")
    made: list[str] = []
    for function in ("hash_secret", "verify_secret"):
        real = getattr(low_level, function)

        def counting(*args: Any, _real: Any = real, **kwargs: Any) -> Any:
            made.append("hash")
            return _real(*args, **kwargs)

        monkeypatch.setattr(low_level, function, counting)
    monkeypatch.setattr("argon2.PasswordHasher.verify", _verify_by(made))
    assert passwords.holder(name, "wrong") is None
    assert made == ["hash"]


def _verify_by(made: list[str]) -> Any:
    def verify(self: Any, hash: str, password: str) -> bool:
        from argon2.exceptions import VerifyMismatchError

        made.append("hash")
        raise VerifyMismatchError

    return verify


def test_checks_for_which_there_is_no_room_are_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    from threading import Event

    from vms.errors import Throttled

    go_on = Event()
    running = [passwords.in_turn(go_on.wait) for _ in range(passwords.MAX_WAITING)]
    try:
        with pytest.raises(Throttled, match="try again in 1 s"):
            passwords.in_turn(go_on.wait)
    finally:
        go_on.set()
        for one in running:
            one.result(10)
    assert passwords.in_turn(lambda: "room again").result(10) == "room again"
