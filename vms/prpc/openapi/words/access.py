"""Methods about who may use the server."""

from __future__ import annotations

from vms.prpc.openapi.words.base import MethodWords
from vms.prpc.openapi.words.fields import Words
from vms.prpc.openapi.words.machines import ID

TAG = "Access"
TOKEN = {
    "id": 7,
    "name": "deploy",
    "user": "ada",
    "role": "operator",
    "scopes": ["SEE_VM", "STEER_VM"],
    "prefix": "vmm_4fQ2kx",
    "created_at_ms": 1770000000000,
    "expires_at_ms": 1780000000000,
    "revoked_at_ms": None,
    "last_used_at_ms": 1770000300000,
    "last_used_from": "192.0.2.7",
}
USER = {
    "name": "ada",
    "role": "member",
    "active": True,
    "max_vms": 10,
    "max_vcpu": 32,
    "max_memory": 65536,
    "max_disk_size": None,
    "max_gpus": 0,
    "last_login_ms": 1770000000000,
    "id": 4,
    "vms": 2,
    "vcpu": 6,
    "memory": 12288,
    "disk_size": 60,
    "gpus": 0,
}
_ROLES = ["member", "viewer", "operator", "admin"]
_QUOTAS: dict[str, Words] = {
    "max_vms": "how many VMs the user may own; absent: no limit",
    "max_vcpu": "virtual CPUs of all of them together",
    "max_memory": "MB of all of them together",
    "max_disk_size": "GB of all of them together",
    "max_gpus": "GPUs of all of them together",
}

METHODS = {
    "WhoAmI": MethodWords(
        TAG,
        "Who the server takes you for",
        "`permissions` are what you may do; some of them only to VMs of your own. Without authentication "
        "everybody is an admin.",
        answers={
            "A user with a token": {
                "name": "ada",
                "role": "member",
                "credential": "token",
                "has_account": True,
                "permissions": ["LOOK", "SEE_VM", "STEER_VM", "CREATE_VM", "CHANGE_VM"],
                "authentication": True,
                "user_id": 4,
                "everywhere": ["LOOK", "CREATE_VM"],
            }
        },
    ),
    "ListTokens": MethodWords(
        TAG,
        "Your tokens",
        "Those who manage access see everybody's. A token itself is shown only when it is made.",
        answers={"One token": {"tokens": [TOKEN]}},
    ),
    "CreateToken": MethodWords(
        TAG,
        "Make a token",
        "For yourself; those who manage access also make one for another `user`, or with a `role` for a "
        "service. Keep what is answered: the server keeps a digest only. A token can't make tokens.",
        {"Limited, and for a year": {"name": "deploy", "scopes": ["SEE_VM"], "expires_at_ms": 4102444800000}},
        {"The token": {"id": 7, "token": "vmm_4fQ2kxJmT0s6rWq1uYb8cVn3eHd5gZaLpKiXoRjNwEU"}},
        (404, 409),
    ),
    "RevokeToken": MethodWords(
        TAG, "Make a token worthless", "At once, and for ever.", {"By id": {"id": 7}}, failures=(404,)
    ),
    "ListUsers": MethodWords(
        TAG,
        "Everybody who has an account",
        "With their roles and limits.",
        answers={"One": {"users": [USER]}},
    ),
    "SaveUser": MethodWords(
        TAG,
        "Make or change a user",
        "A new user needs a password. What is absent stays as it is; limits change only with "
        "`update_quotas`, and then all of them. Who is not active can't log in, nor use tokens.",
        {
            "A new one": {"name": "ada", "role": "member", "password": "correct horse battery staple"},
            "Not for now": {"name": "ada", "active": False},
        },
        failures=(409,),
    ),
    "DeleteUser": MethodWords(
        TAG,
        "Delete a user",
        "With all tokens and sessions. The user's VMs stay and belong to nobody. The last admin can't be "
        "deleted.",
        {"By name": {"name": "ada"}},
        failures=(404, 409),
    ),
    "ChangePassword": MethodWords(
        TAG,
        "Change your password",
        "All your sessions end, this one included; tokens stay.",
        {"Both": {"old_password": "the one of today", "new_password": "correct horse battery staple"}},
    ),
    "GiveVm": MethodWords(
        TAG,
        "Give a VM to another user",
        "From then on it counts to that user's limits, and is seen and steered by that user. Without an "
        "`owner` it belongs to nobody: members don't see it any more. It runs on meanwhile.",
        {"To ada": {"id": ID, "owner": "ada"}},
        failures=(404, 409),
    ),
}

FIELDS: dict[str, dict[str, Words]] = {
    "WhoAmIResponse": {
        "role": ("what the server lets you do", {"enum": _ROLES}),
        "credential": (
            "how you proved who you are",
            {"enum": ["none", "session", "password", "token", "configured"]},
        ),
        "has_account": "whether VMs can belong to you",
        "authentication": "whether this server asks anybody who they are",
        "permissions": "what you may do to anything at all, if only to what is yours",
        "everywhere": "those of them that hold for everybody's VMs",
        "user_id": "your account, as VMs name it that belong to it; null where you have none",
    },
    "ApiTokenInfo": {
        "user": "whose it is; null for a service's",
        "scopes": "permissions that it is limited to; none: no limit",
        "prefix": "how the token begins, to know it again by",
        "last_used_from": "address; noted about once a minute",
    },
    "CreateTokenRequest": {
        "name": "what it is for",
        "user": "whose it will be; absent: your own",
        "role": "makes it a service's token: member, viewer, operator or admin",
        "scopes": "permissions that it is limited to; none: no limit",
        "expires_at_ms": "ms since 1970; absent: never",
    },
    "CreateTokenResponse": {"token": "shown only here"},
    "GiveVmRequest": {"owner": "the user's name; empty: nobody"},
    "UserInfo": {
        "role": ("what they may do", {"enum": _ROLES}),
        **_QUOTAS,
        "id": "the account, as VMs name it that belong to it",
        "vms": "how many VMs the user owns, running or not",
        "vcpu": "virtual CPUs that they have in all",
        "memory": "MB that they have in all",
        "disk_size": "GB that they have in all",
        "gpus": "GPUs that they have in all",
    },
    "SaveUserRequest": {
        "role": "member, viewer, operator or admin; a new user's is member",
        "active": "whether they may log in",
        "update_quotas": "whether the limits below are meant",
        **_QUOTAS,
    },
}
