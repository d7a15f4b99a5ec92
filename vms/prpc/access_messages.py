"""The messages about users, tokens and the audit log, one serializer each; see ``serializers``."""

from __future__ import annotations

from vms.prpc.fields import Bool, ListOf, Message, Text, UInt32, UInt64


class WhoAmIResponse(Message):
    name = Text()
    role = Text()
    credential = Text()
    has_account = Bool()
    permissions = ListOf(Text())
    authentication = Bool()
    user_id = UInt64(optional=True)
    everywhere = ListOf(Text())


class ApiTokenInfo(Message):
    id = UInt64()
    name = Text()
    user = Text(optional=True)
    role = Text()
    scopes = ListOf(Text())
    prefix = Text()
    created_at_ms = UInt64()
    expires_at_ms = UInt64(optional=True)
    revoked_at_ms = UInt64(optional=True)
    last_used_at_ms = UInt64(optional=True)
    last_used_from = Text()


class ListTokensResponse(Message):
    tokens = ListOf(ApiTokenInfo())


class CreateTokenRequest(Message):
    name = Text()
    user = Text()
    role = Text()
    scopes = ListOf(Text())
    expires_at_ms = UInt64(optional=True)


class CreateTokenResponse(Message):
    id = UInt64()
    token = Text()


class TokenId(Message):
    id = UInt64()


class UserInfo(Message):
    name = Text()
    role = Text()
    active = Bool()
    max_vms = UInt32(optional=True)
    max_vcpu = UInt32(optional=True)
    max_memory = UInt32(optional=True)
    max_disk_size = UInt32(optional=True)
    max_gpus = UInt32(optional=True)
    last_login_ms = UInt64(optional=True)
    id = UInt64()
    vms = UInt32()
    vcpu = UInt64()
    memory = UInt64()
    disk_size = UInt64()
    gpus = UInt32()


class ListUsersResponse(Message):
    users = ListOf(UserInfo())


class SaveUserRequest(Message):
    name = Text()
    role = Text(optional=True)
    password = Text(optional=True)
    active = Bool(optional=True)
    update_quotas = Bool()
    max_vms = UInt32(optional=True)
    max_vcpu = UInt32(optional=True)
    max_memory = UInt32(optional=True)
    max_disk_size = UInt32(optional=True)
    max_gpus = UInt32(optional=True)


class UserName(Message):
    name = Text()


class ChangePasswordRequest(Message):
    old_password = Text()
    new_password = Text()


class GiveVmRequest(Message):
    id = Text()
    owner = Text()


class ListAuditRequest(Message):
    who = Text()
    action = Text()
    vm = Text()
    result = UInt32()
    since_ms = UInt64()
    until_ms = UInt64()
    before = UInt64()
    page_size = UInt32()


class AuditEntry(Message):
    id = UInt64()
    at_ms = UInt64()
    who = Text()
    role = Text()
    credential = Text()
    address = Text()
    action = Text()
    vm_id = Text()
    vm_name = Text()
    result = UInt32()
    detail = Text()
    request_id = Text()
    count = UInt32()


class ListAuditResponse(Message):
    entries = ListOf(AuditEntry())
    before = UInt64()
