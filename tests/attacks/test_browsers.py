"""What another site, or somebody beside the user, can make a browser do."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.attacks.target import Target, statuses

EVIL = "http://evil.example"
FORMS = {
    "form": {"data": {"id": "x"}},
    "plain text": {"content": b"{}", "headers": {"content-type": "text/plain"}},
    "multipart": {"files": {"id": b"x"}},
    "no type": {"content": b"{}"},
    "JSON": {"json": {}},
}


@pytest.mark.parametrize("how", FORMS)
@pytest.mark.parametrize("path", ["/prpc/StopVm", "/access/CreateToken", "/admin/vms/vm/", "/prpc/Status"])
def test_a_session_without_its_csrf_token_changes_nothing(target: Target, path: str, how: str) -> None:
    with target.browser("ada") as browser:
        assert browser.post(path, **FORMS[how]).status_code == 403  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "origin", [EVIL, "null", "http://localhost:1", "https://localhost", "http://[::1", "x"]
)
def test_another_origin_is_refused_even_with_the_token(target: Target, origin: str) -> None:
    with target.browser("ada") as browser:
        headers = {"x-csrftoken": browser.cookies["csrftoken"], "origin": origin}
        assert browser.post("/prpc/Status", json={}, headers=headers).status_code == 403
        assert browser.get("/prpc/Status", headers={"origin": origin}).status_code == 403


def test_a_token_from_another_s_cookie_is_refused(target: Target) -> None:
    with target.browser("ada") as browser, target.browser("mia") as other:
        headers = {"x-csrftoken": other.cookies["csrftoken"]}
        assert browser.post("/prpc/Status", json={}, headers=headers).status_code == 403


def test_a_login_can_not_be_forged_from_outside(target: Target) -> None:
    """Else a victim could be made to work in the attacker's account."""
    with target.client() as victim:
        form = {"name": "mia", "password": "correct horse battery staple"}
        assert victim.post("/login/", data=form).status_code == 403
        assert "sessionid" not in victim.cookies


def test_a_link_does_not_log_out(target: Target) -> None:
    with target.browser("ada") as browser:
        assert browser.get("/logout/").status_code == 405
        assert browser.post("/logout/").status_code == 403
        assert browser.get("/prpc/Version").status_code == 200


def test_no_other_site_may_read(target: Target) -> None:
    with target.client("ada") as client:
        preflight = {"origin": EVIL, "access-control-request-method": "POST"}
        for answer in (client.options("/prpc/Status", headers=preflight), client.get("/prpc/Version")):
            assert not [name for name in answer.headers if name.startswith("access-control-")]


NAMES = [
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "localhost@evil.example",
    "evil.example:80",
    "localhost:80:80",
    "localhost, evil.example",
    "[::1].evil.example",
    "0x7f000001.evil",
    "..",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_was_bound_to_this_address_is_refused(target: Target, name: str) -> None:
    request = f"GET /prpc/Version HTTP/1.1\r\nHost: {name}\r\n".encode()
    token = f"Authorization: Bearer {target.tokens['ada']}\r\n\r\n".encode()
    assert statuses(target.raw(request + token)) == [403]


def test_a_session_known_before_login_is_worth_nothing_after(target: Target) -> None:
    planted = "attackerattackerattackerattacker"
    with target.client(cookies={"sessionid": planted}) as victim, target.client() as attacker:
        victim.get("/login/")
        assert target.log_in(victim, "mia").status_code == 302
        keys = {cookie.value for cookie in victim.cookies.jar if cookie.name == "sessionid"}
        assert keys - {planted}
        assert attacker.get("/prpc/Version", headers={"cookie": f"sessionid={planted}"}).status_code == 401


def test_a_new_login_ends_the_old_session_of_that_browser(target: Target) -> None:
    with target.browser("mia") as browser, target.client() as thief:
        stolen = browser.cookies["sessionid"]
        csrf = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        assert browser.post("/logout/", data=csrf).status_code == 302
        assert thief.get("/prpc/Version", headers={"cookie": f"sessionid={stolen}"}).status_code == 401


REDIRECTS = [
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "http:evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "\t//evil.example",
    "/\r\nLocation: //evil.example",
    "///evil.example",
    "data:text/html,x",
    "evil.example",
    "@evil.example",
]


@pytest.mark.parametrize("goes_on", REDIRECTS)
def test_a_login_leads_nowhere_else(target: Target, goes_on: str) -> None:
    with target.client() as browser:
        answer = target.log_in(browser, "mia", next=goes_on)
        assert answer.status_code == 302
        where = httpx.URL("http://here/").join(answer.headers["location"])
        assert where.host == "here"
        assert "evil" not in where.host
        assert answer.headers.get_list("location") == [answer.headers["location"]]


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(target: Target) -> None:
    with target.client() as browser:
        flags = {
            line.split("=")[0]: line.lower()
            for line in target.log_in(browser, "mia").headers.get_list("set-cookie")
        }
        assert "httponly" in flags["sessionid"]
        assert all("samesite=lax" in line or "samesite=strict" in line for line in flags.values())
        assert all("domain=" not in line for line in flags.values())


REQUESTS = [
    "GET /",
    "GET /login/",
    "GET /healthz",
    "GET /metrics",
    "GET /nowhere",
    "GET /prpc/Nothing",
    "GET /api-docs/",
    "GET /admin/",
    "GET /admin/login/",
    "GET /static/nothing.js",
    "GET /static/admin/css/base.css",
    "GET /logs?id=none",
    "GET /set-up/x/",
    "PUT /prpc/Status",
    "POST /login/",
    "GET /" + "a" * 20_000,
    "GET /\xff",
]


@pytest.mark.parametrize("who", ["", "ada"])
@pytest.mark.parametrize("request_line", REQUESTS)
def test_every_answer_says_what_a_browser_must_not_do(target: Target, request_line: str, who: str) -> None:
    data = f"{request_line} HTTP/1.1\r\n".encode("latin-1") + target.head(who) + b"\r\n"
    head = target.raw(data).split(b"\r\n\r\n")[0].decode("latin-1").lower()
    for name, words in {
        "content-security-policy": ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"],
        "x-content-type-options": ["nosniff"],
        "x-frame-options": ["deny"],
        "referrer-policy": ["same-origin"],
        "cross-origin-opener-policy": ["same-origin"],
    }.items():
        lines = [line for line in head.split("\r\n") if line.startswith(f"{name}:")]
        assert len(lines) == 1, (name, head)
        assert all(word in lines[0] for word in words), lines
    assert "unsafe" not in head


PAGES = [
    "/login/?next=%22%3E%3Cscript%3E",
    "/login/?next={{7*7}}",
    "/set-up/%22%3E%3Cscript%3E/",
    "/%3Cscript%3E",
]


@pytest.mark.parametrize("path", PAGES)
def test_nothing_of_the_url_becomes_markup(target: Target, path: str) -> None:
    with target.client("ada") as client:
        text = client.get(path).text
    assert '"><script>' not in text
    assert "<script>" not in text
    assert "49" not in text.split("next")[-1][:40]


def test_a_name_in_the_login_form_is_no_markup(target: Target) -> None:
    with target.client() as browser:
        answer = target.log_in(browser, '"><img src=x onerror=alert(1)>{{7*7}}{% debug %}', "wrong password")
        assert answer.status_code == 401
        assert "<img" not in answer.text
        assert "{{7*7}}" in answer.text


def test_pages_behind_the_login_are_kept_by_nobody(target: Target) -> None:
    with target.browser("ada") as browser:
        for path in ("/", "/login/", "/admin/", "/prpc/Status", "/metrics"):
            kept = browser.get(path).headers.get("cache-control", "")
            assert "public" not in kept, path
    with target.client() as stranger:
        assert "no-store" in stranger.get("/prpc/Status").headers["cache-control"]


def test_json_is_never_sniffed_as_a_page(target: Target) -> None:
    with target.client("mia") as mia:
        answer = mia.post("/prpc/StopVm", json={"id": "<script>alert(1)</script>"})
        assert answer.headers["content-type"] == "application/json"
        assert "<script>" in json.loads(answer.text)["message"] or answer.status_code == 400
