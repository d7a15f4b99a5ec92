"""Django admin: every page loads, verbs go through actions, nobody else gets in."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.access.people import person
from tests.rows import make_node, make_vm
from vms.choices import Role
from vms.database import now_ms
from vms.models import Event, Gpu, Image, PortMapping, Vm

pytestmark = pytest.mark.django_db(transaction=True)

MODELS = ["vm", "node", "image", "gpu", "portmapping", "event"]


@pytest.fixture
def vm() -> Vm:
    """A running VM with one row of everything beside it, on a node whose worker lives."""
    node = make_node()
    node.heartbeat_at_ms = now_ms()
    node.save()
    vm = make_vm(actual="on", name="<b>bold</b>", compose_file="our recipe", user_config="a secret")
    Image.objects.create(node=node, name="dstack-0.5.3")
    Gpu.objects.create(node=node, slot="65:00.0")
    Event.objects.create(vm=vm, event="boot.error", body="<script>alert(1)</script>", timestamp_ms=1)
    PortMapping.objects.create(
        vm=vm, node=node, position=0, protocol="tcp", host_address="127.0.0.1", host_port=8080, vm_port=80
    )
    return vm


def act(client: Client, verb: str, *vms: Vm) -> str:
    """Choose VMs in the list, run an action; the page that follows."""
    form = {"action": verb, "_selected_action": [vm.pk for vm in vms]}
    return client.post("/admin/vms/vm/", form, follow=True).content.decode()


@pytest.mark.parametrize("model", MODELS)
def test_lists_and_rows_load(admin_client: Client, vm: Vm, model: str) -> None:
    assert admin_client.get(f"/admin/vms/{model}/").status_code == 200
    assert admin_client.get(f"/admin/vms/{model}/?q=x&o=1").status_code == 200
    row: Any = next(related for related in rows(vm) if related._meta.model_name == model)
    assert admin_client.get(f"/admin/vms/{model}/{row.pk}/change/").status_code == 200


def rows(vm: Vm) -> list[Any]:
    return [
        vm,
        vm.node,
        *(model.objects.get() for model in (Image, Gpu, PortMapping, Event)),
    ]


def test_the_index_loads_and_its_styles_are_allowed(admin_client: Client) -> None:
    response = admin_client.get("/admin/")
    assert response.status_code == 200
    assert "script-src 'self'" in response["Content-Security-Policy"]


def test_what_guests_and_deployers_wrote_is_escaped(admin_client: Client, vm: Vm) -> None:
    for path in ("vms/event/", "vms/vm/", f"vms/vm/{vm.pk}/change/"):
        page = admin_client.get(f"/admin/{path}").content
        assert b"<script>alert" not in page
        assert b"<b>bold" not in page


def test_the_compose_file_and_the_user_s_secrets_are_not_shown(admin_client: Client, vm: Vm) -> None:
    page = admin_client.get(f"/admin/vms/vm/{vm.pk}/change/").content
    assert b"our recipe" not in page
    assert b"a secret" not in page


def test_searching_finds_vms_by_name_id_and_app_id(admin_client: Client, vm: Vm) -> None:
    other = make_vm(name="other")
    for text in (other.name, other.pk, other.app_id):
        page = admin_client.get("/admin/vms/vm/", {"q": text}).content.decode()
        assert f"/admin/vms/vm/{other.pk}/change/" in page
        assert f"/admin/vms/vm/{vm.pk}/change/" not in page


@pytest.mark.parametrize(
    "verb, actual, before, desired, mode",
    [
        ("start", "off", "stopped", "running", "forced"),
        ("stop", "on", "running", "stopped", "forced"),
        ("shutdown", "on", "running", "stopped", "graceful"),
    ],
)
def test_a_verb_writes_what_should_be(
    admin_client: Client, vm: Vm, verb: str, actual: str, before: str, desired: str, mode: str
) -> None:
    other = make_vm(actual=actual, desired=before)
    page = act(admin_client, verb, other)
    other.refresh_from_db()
    assert (other.desired, other.stop_mode, other.generation) == (desired, mode, 2)
    assert f"VM {other.name}: {verb} requested" in page


def test_each_refusal_is_shown_with_its_reason_and_stops_no_other(admin_client: Client, vm: Vm) -> None:
    removing, exited = make_vm(desired="absent"), make_vm(actual="off")
    page = act(admin_client, "shutdown", removing, exited, vm)
    assert f"VM {removing.name}: VM &#x27;{removing.name}&#x27; is being removed" in page
    assert "use StopVm" in page
    vm.refresh_from_db()
    assert vm.shutdown_requested


def test_without_a_worker_the_reason_is_shown(admin_client: Client, vm: Vm) -> None:
    vm.node.heartbeat_at_ms = 0
    vm.node.save()
    assert "does not answer; nothing was recorded" in act(admin_client, "stop", vm)


@pytest.mark.parametrize("model", MODELS)
def test_rows_can_be_neither_added_nor_changed_nor_deleted(admin_client: Client, vm: Vm, model: str) -> None:
    row: Any = next(related for related in rows(vm) if related._meta.model_name == model)
    assert admin_client.get(f"/admin/vms/{model}/add/").status_code == 403
    assert admin_client.post(f"/admin/vms/{model}/{row.pk}/change/", {"name": "x"}).status_code == 403
    assert admin_client.post(f"/admin/vms/{model}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    page = admin_client.post(
        f"/admin/vms/{model}/", {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    )
    assert page.status_code in (200, 302)
    assert type(row).objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("role, may_act", [(Role.VIEWER, False), (Role.OPERATOR, True), (Role.ADMIN, True)])
def test_a_role_opens_the_admin_and_says_which_verbs_there_are(
    client: Client, vm: Vm, role: Role, may_act: bool
) -> None:
    client.force_login(person("someone", role))
    page = client.get("/admin/vms/vm/").content.decode()
    assert vm.pk in page
    assert ("Stop selected VMs" in page) == may_act
    act(client, "stop", vm)
    vm.refresh_from_db()
    assert (vm.desired == "stopped") == may_act


def test_django_s_own_permissions_open_nothing_to_a_member(client: Client, vm: Vm) -> None:
    member = person("member", Role.MEMBER, is_staff=True)
    member.user_permissions.add(*Permission.objects.all())
    client.force_login(member)
    assert client.get("/admin/vms/vm/").status_code == 302
    act(client, "stop", vm)
    vm.refresh_from_db()
    assert vm.desired == "running"


@pytest.mark.parametrize(
    "path", ["", "vms/vm/", "vms/event/", "vms/vm/x/change/", "auth/user/", "no/such/page/"]
)
def test_without_a_login_there_is_only_the_login(client: Client, path: str) -> None:
    response = client.get(f"/admin/{path}")
    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/?next=/admin/")


def test_a_user_who_is_no_staff_does_not_get_in(client: Client) -> None:
    client.force_login(User.objects.create_user("someone", password="x" * 12))
    assert client.get("/admin/vms/vm/").status_code == 302


def test_a_verb_needs_the_form_s_token(admin_user: User, vm: Vm) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    form = {"action": "stop", "_selected_action": [vm.pk]}
    assert client.post("/admin/vms/vm/", form).status_code == 403
    vm.refresh_from_db()
    assert vm.desired == "running"
