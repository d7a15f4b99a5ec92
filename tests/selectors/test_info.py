"""Status and GetInfo rows: a fixed number of queries, WIRE's words, and no row that breaks the others."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import orjson
import pytest

from tests.rows import make_node, make_vm
from vms.actions.validate import check
from vms.configuration import VmConfiguration
from vms.errors import Invalid
from vms.models import Event, Image, PortMapping, Vm
from vms.prpc import listing
from vms.selectors import watch
from vms.selectors.info import app_url
from vms.selectors.roster import Filter
from vms.selectors.sight import EVERYTHING, Sight

pytestmark = pytest.mark.django_db

Queries = Callable[[int], AbstractContextManager[Any]]
INSTANCE = "ab" * 20


def list_vms(wanted: Filter, sight: Sight) -> tuple[list[dict[str, Any]], int]:
    """What Status answers."""
    answer = orjson.loads(listing.status(wanted, sight).json())
    return answer["vms"], answer["total"]


def get_vm(vm_id: str, sight: Sight) -> dict[str, Any] | None:
    """What GetInfo answers."""
    answer = orjson.loads(listing.one(vm_id, sight).json())
    assert answer["found"] is (answer["info"] is not None)
    info: dict[str, Any] | None = answer["info"]
    return info


def many(count: int) -> list[Vm]:
    """VMs with events, a port each, and an image row."""
    node = make_node()
    Image.objects.get_or_create(node=node, name="dstack-test-0.5.3", defaults={"version": "0.5.3"})
    vms = [make_vm() for _ in range(count)]
    Event.objects.bulk_create(
        Event(vm=vm, event="e", body=str(n), timestamp_ms=n) for vm in vms for n in range(3)
    )
    PortMapping.objects.bulk_create(
        PortMapping(
            vm=vm,
            node=node,
            position=0,
            protocol="tcp",
            host_address="127.0.0.1",
            host_port=10_000 + number,
            vm_port=80,
        )
        for number, vm in enumerate(vms)
    )
    return vms


@pytest.mark.parametrize("count", [1, 200])
@pytest.mark.parametrize(
    "wanted, queries",
    [
        (Filter(), 7),
        (Filter(brief=True), 6),
        (Filter(page=1, page_size=20), 7),
        (Filter(keyword="name"), 7),
        (Filter(keyword="name", page=1, page_size=20), 7),
    ],
)
def test_the_number_of_queries_does_not_depend_on_the_number_of_vms(
    django_assert_num_queries: Queries, count: int, wanted: Filter, queries: int
) -> None:
    many(count)
    with django_assert_num_queries(queries):
        list_vms(wanted, EVERYTHING)


@pytest.mark.parametrize("count", [1, 200])
def test_neither_does_that_of_the_watchers_rows(django_assert_num_queries: Queries, count: int) -> None:
    many(count)
    with django_assert_num_queries(3):
        watch.watch_rows(EVERYTHING)


def names(wanted: Filter) -> tuple[list[str], int]:
    rows, total = list_vms(wanted, EVERYTHING)
    return [row["name"] for row in rows], total


def test_the_oldest_come_first_and_equal_ages_by_id() -> None:
    make_vm(id="b", name="2", created_at_ms=10)
    make_vm(id="a", name="1", created_at_ms=10)
    make_vm(id="c", name="0", created_at_ms=5)
    assert names(Filter()) == (["0", "1", "2"], 3)


@pytest.mark.parametrize(
    "page, size, found",
    [
        (0, 0, "abcde"),
        (0, 2, "abcde"),
        (3, 0, "abcde"),
        (1, 2, "ab"),
        (3, 2, "e"),
        (4, 2, ""),
        (2**32 - 1, 2**32 - 1, ""),
        (1, 2**32 - 1, "abcde"),
    ],
)
def test_pages_begin_at_one_and_nought_means_all(page: int, size: int, found: str) -> None:
    for name in "abcde":
        make_vm(name=name)
    assert names(Filter(page=page, page_size=size)) == ([*found], 5)


def test_the_total_counts_after_the_filter_and_before_the_page() -> None:
    for name in ("web-1", "web-2", "web-3", "db"):
        make_vm(name=name)
    assert names(Filter(keyword="web", page=2, page_size=2)) == (["web-3"], 3)


@pytest.mark.parametrize(
    "keyword, found",
    [
        ("Web", ["Web"]),
        ("web", ["web"]),
        ("eb", ["Web", "web"]),
        ("WEB", []),
        ("%", ["100%"]),
        ("_", ["a_b"]),
        ("'", []),
        ("\\", []),
        ("the-id", ["by id"]),
        ("feed", ["by app id"]),
        ("special-image", ["by image"]),
        ("Ünï", []),
    ],
)
def test_a_keyword_is_a_part_of_name_id_app_id_or_image_in_its_own_case(
    keyword: str, found: list[str]
) -> None:
    for name in ("Web", "web", "100%", "a_b"):
        make_vm(name=name)
    make_vm(name="by id", id="the-id")
    make_vm(name="by app id", app_id="feed" * 10)
    make_vm(name="by image", image="special-image")
    assert names(Filter(keyword=keyword)) == (found, len(found))


def test_ids_choose_and_unknown_ones_are_nothing() -> None:
    for name in "abc":
        make_vm(id=name, name=name)
    assert names(Filter(ids=("c", "a", "a", "none"))) == (["a", "c"], 2)


def test_brief_leaves_out_the_configuration_only() -> None:
    many(1)
    [row], _ = list_vms(Filter(), EVERYTHING)
    [brief], _ = list_vms(Filter(brief=True), EVERYTHING)
    assert brief == row | {"configuration": None}
    assert row["configuration"]["ports"][0]["host_port"] == 10_000


def test_the_last_events_are_shown_newest_last(settings: Any) -> None:
    settings.VMM = settings.VMM.model_copy(update={"event_buffer_size": 2})
    vm = many(2)[0]
    row = get_vm(vm.pk, EVERYTHING)
    assert row is not None
    assert [event["body"] for event in row["events"]] == ["1", "2"]


@pytest.mark.parametrize(
    "desired, actual, status",
    [
        ("running", "on", "running"),
        ("running", "starting", "running"),
        ("running", "unknown", "running"),
        ("running", "off", "exited"),
        ("stopped", "on", "stopping"),
        ("stopped", "unknown", "stopping"),
        ("stopped", "off", "stopped"),
        ("absent", "on", "removing"),
        ("absent", "off", "removing"),
    ],
)
def test_the_five_words(desired: str, actual: str, status: str) -> None:
    row = get_vm(make_vm(desired=desired, actual=actual).pk, EVERYTHING)
    assert row is not None
    assert row["status"] == status


def test_what_does_not_run_has_no_uptime() -> None:
    row = get_vm(make_vm(actual="off", started_at_ms=1).pk, EVERYTHING)
    assert row is not None
    assert (row["uptime"], row["exited_at"]) == ("never", "never")


def test_an_unknown_vm_is_none() -> None:
    assert get_vm("none", EVERYTHING) is None


def test_interfaces_have_the_macs_that_their_qemu_is_given() -> None:
    networks = [{"mode": "user", "bridge_name": ""}, {"mode": "bridge", "bridge_name": "br0"}]
    row = get_vm(make_vm(id="vm-123", networks=networks).pk, EVERYTHING)
    assert row is not None
    assert row["interfaces"] == [
        {
            "mode": "user",
            "backend": "slirp",
            "mac": "96:b1:d8:b9:08:e6",
            "bridge_name": None,
            "netdev_id": "net0",
        },
        {
            "mode": "bridge",
            "backend": "tap_bridge",
            "mac": "c6:74:2c:65:14:b9",
            "bridge_name": "br0",
            "netdev_id": "net1",
        },
    ]


@pytest.mark.parametrize(
    "urls, url",
    [
        ([], f"https://{INSTANCE}-8090.apps.example.com:9202"),
        (["https://gw.example.org"], f"https://{INSTANCE}-8090.gw.example.org"),
        (["https://gw.example.org:443"], f"https://{INSTANCE}-8090.gw.example.org"),
        (["https://gw.example.org:8443/x"], f"https://{INSTANCE}-8090.gw.example.org:8443"),
        (
            ["https://gw.example.org:8443", "https://second"],
            f"https://{INSTANCE}-8090.gw.example.org:8443",
        ),
        (["https://gw.example.org:99999"], f"https://{INSTANCE}-8090.apps.example.com:9202"),
        (["https://[nonsense"], f"https://{INSTANCE}-8090.apps.example.com:9202"),
    ],
)
def test_where_the_gateway_serves_an_app(settings: Any, urls: list[str], url: str) -> None:
    gateway = settings.VMM.gateway.model_copy(
        update={"base_domain": "apps.example.com", "port": 9202, "agent_port": 8090}
    )
    settings.VMM = settings.VMM.model_copy(update={"gateway": gateway})
    assert app_url(True, INSTANCE, urls) == url


@pytest.mark.parametrize("enabled, instance", [(False, INSTANCE), (True, "")])
def test_no_gateway_or_no_instance_yet_no_url(enabled: bool, instance: str) -> None:
    assert app_url(enabled, instance, ["https://gw.example.org"]) is None


def test_a_row_with_a_url_that_can_t_be_read_does_not_break_the_list() -> None:
    make_vm(gateway_enabled=True, instance_id=INSTANCE, gateway_urls=["https://gw:99999"])
    assert list_vms(Filter(), EVERYTHING)[1] == 1
    assert len(watch.watch_rows(EVERYTHING)) == 1


@pytest.mark.parametrize(
    "url", ["https://gw:99999", "https://[nonsense", "https://:80", "https://gw:x", "http:///x"]
)
def test_such_a_url_is_refused_from_the_start(url: str) -> None:
    vm = make_vm()
    config = VmConfiguration("a", "a", vm.compose_file, 1, 1, 1, gateway_urls=(url,))
    with pytest.raises(Invalid, match=r"gateway_urls\[0\]: must be an http or https URL"):
        check(config, vm.node)
