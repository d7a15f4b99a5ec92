from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WhoAmIResponse(_message.Message):
    __slots__ = ("name", "role", "credential", "has_account", "permissions", "authentication", "user_id", "everywhere")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    HAS_ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    PERMISSIONS_FIELD_NUMBER: _ClassVar[int]
    AUTHENTICATION_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    EVERYWHERE_FIELD_NUMBER: _ClassVar[int]
    name: str
    role: str
    credential: str
    has_account: bool
    permissions: _containers.RepeatedScalarFieldContainer[str]
    authentication: bool
    user_id: int
    everywhere: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., role: _Optional[str] = ..., credential: _Optional[str] = ..., has_account: _Optional[bool] = ..., permissions: _Optional[_Iterable[str]] = ..., authentication: _Optional[bool] = ..., user_id: _Optional[int] = ..., everywhere: _Optional[_Iterable[str]] = ...) -> None: ...

class ApiTokenInfo(_message.Message):
    __slots__ = ("id", "name", "user", "role", "scopes", "prefix", "created_at_ms", "expires_at_ms", "revoked_at_ms", "last_used_at_ms", "last_used_from")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    SCOPES_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_MS_FIELD_NUMBER: _ClassVar[int]
    REVOKED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    LAST_USED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    LAST_USED_FROM_FIELD_NUMBER: _ClassVar[int]
    id: int
    name: str
    user: str
    role: str
    scopes: _containers.RepeatedScalarFieldContainer[str]
    prefix: str
    created_at_ms: int
    expires_at_ms: int
    revoked_at_ms: int
    last_used_at_ms: int
    last_used_from: str
    def __init__(self, id: _Optional[int] = ..., name: _Optional[str] = ..., user: _Optional[str] = ..., role: _Optional[str] = ..., scopes: _Optional[_Iterable[str]] = ..., prefix: _Optional[str] = ..., created_at_ms: _Optional[int] = ..., expires_at_ms: _Optional[int] = ..., revoked_at_ms: _Optional[int] = ..., last_used_at_ms: _Optional[int] = ..., last_used_from: _Optional[str] = ...) -> None: ...

class ListTokensResponse(_message.Message):
    __slots__ = ("tokens",)
    TOKENS_FIELD_NUMBER: _ClassVar[int]
    tokens: _containers.RepeatedCompositeFieldContainer[ApiTokenInfo]
    def __init__(self, tokens: _Optional[_Iterable[_Union[ApiTokenInfo, _Mapping]]] = ...) -> None: ...

class CreateTokenRequest(_message.Message):
    __slots__ = ("name", "user", "role", "scopes", "expires_at_ms")
    NAME_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    SCOPES_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_MS_FIELD_NUMBER: _ClassVar[int]
    name: str
    user: str
    role: str
    scopes: _containers.RepeatedScalarFieldContainer[str]
    expires_at_ms: int
    def __init__(self, name: _Optional[str] = ..., user: _Optional[str] = ..., role: _Optional[str] = ..., scopes: _Optional[_Iterable[str]] = ..., expires_at_ms: _Optional[int] = ...) -> None: ...

class CreateTokenResponse(_message.Message):
    __slots__ = ("id", "token")
    ID_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    id: int
    token: str
    def __init__(self, id: _Optional[int] = ..., token: _Optional[str] = ...) -> None: ...

class TokenId(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class UserInfo(_message.Message):
    __slots__ = ("name", "role", "active", "max_vms", "max_vcpu", "max_memory", "max_disk_size", "max_gpus", "last_login_ms", "id", "vms", "vcpu", "memory", "disk_size", "gpus")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    MAX_VMS_FIELD_NUMBER: _ClassVar[int]
    MAX_VCPU_FIELD_NUMBER: _ClassVar[int]
    MAX_MEMORY_FIELD_NUMBER: _ClassVar[int]
    MAX_DISK_SIZE_FIELD_NUMBER: _ClassVar[int]
    MAX_GPUS_FIELD_NUMBER: _ClassVar[int]
    LAST_LOGIN_MS_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    VMS_FIELD_NUMBER: _ClassVar[int]
    VCPU_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    DISK_SIZE_FIELD_NUMBER: _ClassVar[int]
    GPUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    role: str
    active: bool
    max_vms: int
    max_vcpu: int
    max_memory: int
    max_disk_size: int
    max_gpus: int
    last_login_ms: int
    id: int
    vms: int
    vcpu: int
    memory: int
    disk_size: int
    gpus: int
    def __init__(self, name: _Optional[str] = ..., role: _Optional[str] = ..., active: _Optional[bool] = ..., max_vms: _Optional[int] = ..., max_vcpu: _Optional[int] = ..., max_memory: _Optional[int] = ..., max_disk_size: _Optional[int] = ..., max_gpus: _Optional[int] = ..., last_login_ms: _Optional[int] = ..., id: _Optional[int] = ..., vms: _Optional[int] = ..., vcpu: _Optional[int] = ..., memory: _Optional[int] = ..., disk_size: _Optional[int] = ..., gpus: _Optional[int] = ...) -> None: ...

class ListUsersResponse(_message.Message):
    __slots__ = ("users",)
    USERS_FIELD_NUMBER: _ClassVar[int]
    users: _containers.RepeatedCompositeFieldContainer[UserInfo]
    def __init__(self, users: _Optional[_Iterable[_Union[UserInfo, _Mapping]]] = ...) -> None: ...

class SaveUserRequest(_message.Message):
    __slots__ = ("name", "role", "password", "active", "update_quotas", "max_vms", "max_vcpu", "max_memory", "max_disk_size", "max_gpus")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_QUOTAS_FIELD_NUMBER: _ClassVar[int]
    MAX_VMS_FIELD_NUMBER: _ClassVar[int]
    MAX_VCPU_FIELD_NUMBER: _ClassVar[int]
    MAX_MEMORY_FIELD_NUMBER: _ClassVar[int]
    MAX_DISK_SIZE_FIELD_NUMBER: _ClassVar[int]
    MAX_GPUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    role: str
    password: str
    active: bool
    update_quotas: bool
    max_vms: int
    max_vcpu: int
    max_memory: int
    max_disk_size: int
    max_gpus: int
    def __init__(self, name: _Optional[str] = ..., role: _Optional[str] = ..., password: _Optional[str] = ..., active: _Optional[bool] = ..., update_quotas: _Optional[bool] = ..., max_vms: _Optional[int] = ..., max_vcpu: _Optional[int] = ..., max_memory: _Optional[int] = ..., max_disk_size: _Optional[int] = ..., max_gpus: _Optional[int] = ...) -> None: ...

class UserName(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ChangePasswordRequest(_message.Message):
    __slots__ = ("old_password", "new_password")
    OLD_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    NEW_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    old_password: str
    new_password: str
    def __init__(self, old_password: _Optional[str] = ..., new_password: _Optional[str] = ...) -> None: ...

class GiveVmRequest(_message.Message):
    __slots__ = ("id", "owner")
    ID_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    id: str
    owner: str
    def __init__(self, id: _Optional[str] = ..., owner: _Optional[str] = ...) -> None: ...

class ListAuditRequest(_message.Message):
    __slots__ = ("who", "action", "vm", "result", "since_ms", "until_ms", "before", "page_size")
    WHO_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    VM_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    SINCE_MS_FIELD_NUMBER: _ClassVar[int]
    UNTIL_MS_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    who: str
    action: str
    vm: str
    result: int
    since_ms: int
    until_ms: int
    before: int
    page_size: int
    def __init__(self, who: _Optional[str] = ..., action: _Optional[str] = ..., vm: _Optional[str] = ..., result: _Optional[int] = ..., since_ms: _Optional[int] = ..., until_ms: _Optional[int] = ..., before: _Optional[int] = ..., page_size: _Optional[int] = ...) -> None: ...

class AuditEntry(_message.Message):
    __slots__ = ("id", "at_ms", "who", "role", "credential", "address", "action", "vm_id", "vm_name", "result", "detail", "request_id", "count")
    ID_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    WHO_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    VM_ID_FIELD_NUMBER: _ClassVar[int]
    VM_NAME_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    id: int
    at_ms: int
    who: str
    role: str
    credential: str
    address: str
    action: str
    vm_id: str
    vm_name: str
    result: int
    detail: str
    request_id: str
    count: int
    def __init__(self, id: _Optional[int] = ..., at_ms: _Optional[int] = ..., who: _Optional[str] = ..., role: _Optional[str] = ..., credential: _Optional[str] = ..., address: _Optional[str] = ..., action: _Optional[str] = ..., vm_id: _Optional[str] = ..., vm_name: _Optional[str] = ..., result: _Optional[int] = ..., detail: _Optional[str] = ..., request_id: _Optional[str] = ..., count: _Optional[int] = ...) -> None: ...

class ListAuditResponse(_message.Message):
    __slots__ = ("entries", "before")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[AuditEntry]
    before: int
    def __init__(self, entries: _Optional[_Iterable[_Union[AuditEntry, _Mapping]]] = ..., before: _Optional[int] = ...) -> None: ...
