"""Tokens between nodes: good once, here, for half a minute and one request; everything else is refused."""

from __future__ import annotations

import base64
import string
import threading
from dataclasses import replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vms.errors import Unauthorized, Unavailable
from vms.fleet import tokens
from vms.fleet.tokens import LIFETIME_S, MAX_SKEW_S, Claim, Kind, Once, Who

KEY = tokens.key_of("s" * 32)
A, B, C = "a" * 32, "b" * 32, "c" * 32
NOW = 1_800_000_000.5
REQUEST = tokens.request_digest("POST", "/guest/Info?json=", b"{}")
WHO = Who(Kind.SESSION, user_id=7)

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=150)
people = st.builds(
    Who,
    st.sampled_from(Kind),
    st.none() | st.integers(0, 2**53),
    st.none() | st.integers(0, 2**53),
    names,
    st.text(string.hexdigits, max_size=64),
)


def claim(who: Who = WHO, now_s: float = NOW, audience: str = B) -> Claim:
    return tokens.new_claim(A, audience, REQUEST, who, now_s, address="192.0.2.7")


def read(
    token: str, *, key: bytes = KEY, audience: str = B, request: str = REQUEST, now_s: float = NOW
) -> Claim:
    return tokens.read(key, token, audience=audience, request=request, now_s=now_s)


def signed(content: object) -> str:
    """A token of whatever content, signed with the right key."""
    text = base64.urlsafe_b64encode(orjson.dumps(content)).rstrip(b"=").decode()
    mac = tokens._mac(KEY, b"request", text)
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def content_of(token: str) -> dict[str, object]:
    text = token.partition(".")[0]
    content: dict[str, object] = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return content


@given(people, st.floats(-MAX_SKEW_S + 1, LIFETIME_S + MAX_SKEW_S - 1))
def test_what_was_signed_is_read_back_as_long_as_it_is_good(who: Who, later_s: float) -> None:
    made = claim(who)
    assert read(tokens.sign(KEY, made), now_s=NOW + later_s) == made


@given(st.data())
def test_a_token_with_any_character_changed_is_refused(data: st.DataObject) -> None:
    token = tokens.sign(KEY, claim())
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(
        st.sampled_from([c for c in string.ascii_letters + string.digits + "-_.=" if c != token[at]])
    )
    with pytest.raises(Unauthorized):
        read(token[:at] + other + token[at + 1 :])


@given(st.data())
def test_a_token_cut_short_is_refused(data: st.DataObject) -> None:
    token = tokens.sign(KEY, claim())
    with pytest.raises(Unauthorized):
        read(token[: data.draw(st.integers(0, len(token) - 1))])


@given(st.text(max_size=300) | st.binary(max_size=300).map(lambda raw: raw.decode("latin-1")))
def test_whatever_else_is_sent_is_refused(text: str) -> None:
    with pytest.raises(Unauthorized):
        read(text)


def test_one_too_long_to_be_a_token_is_not_even_looked_at() -> None:
    long = signed({**content_of(tokens.sign(KEY, claim())), "address": "x" * tokens.MAX_TOKEN})
    with pytest.raises(Unauthorized, match="no token of a node"):
        read(long)


def test_a_name_as_long_as_there_is_fits() -> None:
    made = claim(Who(Kind.HTPASSWD, name="\N{GRINNING FACE}" * 1024, stamp="f" * 64))
    assert read(tokens.sign(KEY, made)) == made


def test_one_signed_with_another_secret_is_refused_before_it_is_read() -> None:
    token = tokens.sign(tokens.key_of("t" * 32), claim(audience=C))
    with pytest.raises(Unauthorized, match="not signed with this fleet's secret"):
        read(token)


def test_one_for_another_node_is_refused_there() -> None:
    with pytest.raises(Unauthorized, match=f"meant for the node {C}, this is {B}"):
        read(tokens.sign(KEY, claim(audience=C)))


@pytest.mark.parametrize(
    "request_digest",
    [
        tokens.request_digest("GET", "/guest/Info?json=", b"{}"),
        tokens.request_digest("POST", "/guest/SysInfo?json=", b"{}"),
        tokens.request_digest("POST", "/guest/Info", b"{}"),
        tokens.request_digest("POST", "/guest/Info?json=", b'{"id": "another"}'),
        tokens.request_digest("POST", "/guest/Info?json=", b""),
    ],
)
def test_one_for_another_request_is_refused(request_digest: str) -> None:
    with pytest.raises(Unauthorized, match="made for another request"):
        read(tokens.sign(KEY, claim()), request=request_digest)


@given(st.binary(), st.binary(), st.sampled_from(["GET", "POST"]), st.text(string.printable))
def test_digests_of_requests_that_differ_differ(body: bytes, other: bytes, method: str, target: str) -> None:
    same = body == other
    assert (
        tokens.request_digest(method, target, body) == tokens.request_digest(method, target, other)
    ) is same


def test_an_expired_one_says_by_how_much() -> None:
    token = tokens.sign(KEY, claim())
    with pytest.raises(Unauthorized, match=r"expired 6[0-9] s ago; the clocks"):
        read(token, now_s=NOW + LIFETIME_S + 65)


def test_one_of_the_future_says_by_how_much() -> None:
    with pytest.raises(Unauthorized, match=r"from 4[0-9] s in the future; the clocks"):
        read(tokens.sign(KEY, claim(now_s=NOW + 45)))


def test_one_of_half_a_minute_s_other_clock_is_good() -> None:
    for skew in (-MAX_SKEW_S + 1, MAX_SKEW_S - 1):
        assert read(tokens.sign(KEY, claim(now_s=NOW + skew))).issuer == A


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": "1800000010"},
        {"exp": 1_800_000_010.5},
        {"exp": True},
        {"exp": None},
        {"iss": "A" * 32},
        {"iss": 5},
        {"jti": "short"},
        {"request": "0" * 63},
        {"address": None},
        {"who": None},
        {"who": []},
        {"who": "session"},
        {"who": {"kind": "session"}},
        {"who": {"kind": "root", "user_id": 1, "token_id": None, "name": "", "stamp": ""}},
        {"who": {"kind": "session", "user_id": True, "token_id": None, "name": "", "stamp": ""}},
        {"who": {"kind": "session", "user_id": "1", "token_id": None, "name": "", "stamp": ""}},
        {"who": {"kind": "session", "user_id": 1, "token_id": None, "name": 1, "stamp": ""}},
        {"more": 1},
    ],
)
def test_a_signed_one_of_another_form_is_refused(changed: dict[str, object]) -> None:
    token = signed(content_of(tokens.sign(KEY, claim())) | changed)
    with pytest.raises(Unauthorized, match="not of the form that this version knows"):
        read(token)


@pytest.mark.parametrize("content", [None, [], "text", 5, {}])
def test_a_signed_one_of_no_form_is_refused(content: object) -> None:
    with pytest.raises(Unauthorized, match="not of the form"):
        read(signed(content))


def test_it_can_be_used_once() -> None:
    once, made = Once(), claim()
    once.use(made, NOW)
    with pytest.raises(Unauthorized, match="was used before"):
        once.use(made, NOW + 1)
    once.use(claim(), NOW + 1)


def test_it_is_remembered_as_long_as_it_could_be_read() -> None:
    once, made = Once(), claim()
    last = made.expires_at + MAX_SKEW_S
    assert read(tokens.sign(KEY, made), now_s=last) == made
    once.use(made, NOW)
    with pytest.raises(Unauthorized, match="was used before"):
        once.use(made, last)
    with pytest.raises(Unauthorized, match="expired"):
        read(tokens.sign(KEY, made), now_s=last + 0.1)


def test_so_many_are_remembered_and_no_more_until_those_are_over() -> None:
    once = Once(most=3)
    for _ in range(3):
        once.use(claim(), NOW)
    with pytest.raises(Unavailable, match="more than this node can remember"):
        once.use(claim(), NOW)
    later = NOW + LIFETIME_S + MAX_SKEW_S + 1
    once.use(claim(now_s=later), later)


def test_of_many_who_use_it_at_once_one_is_let_in() -> None:
    once, made, start = Once(), claim(), threading.Barrier(8)
    let_in: list[bool] = []

    def use() -> None:
        start.wait()
        try:
            once.use(made, NOW)
            let_in.append(True)
        except Unauthorized:
            let_in.append(False)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(let_in) == [False] * 7 + [True]


def test_a_proof_is_of_one_claim_and_one_node() -> None:
    made = claim()
    right = tokens.proof(KEY, made.id, B)
    assert tokens.is_proof(KEY, right, made.id, B)
    assert not tokens.is_proof(KEY, right, made.id, C)
    assert not tokens.is_proof(KEY, right, replace(made, id="0" * 32).id, B)
    assert not tokens.is_proof(tokens.key_of("t" * 32), right, made.id, B)
    assert not tokens.is_proof(KEY, "", made.id, B)


def test_a_token_is_no_proof_and_tells_nothing_of_the_secret() -> None:
    made = claim()
    token = tokens.sign(KEY, made)
    assert tokens.proof(KEY, made.id, B) not in token
    assert KEY.hex() not in token
    assert tokens.key_of("s" * 32) != tokens.key_of("s" * 33)
