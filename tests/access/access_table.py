"""Methods about users, tokens and the audit log: one's own for everybody, all others' for admins."""

from __future__ import annotations

from tests.access.table import VM, Needs, Row

METHODS = {
    "WhoAmI": Row(Needs.LOGIN, get="", post={}),
    "ListTokens": Row(Needs.LOGIN, get="", post={}),
    "CreateToken": Row(Needs.LOGIN, post={"name": "deploy"}, by_token=Needs.ADMIN),
    "RevokeToken": Row(Needs.LOGIN, post={"id": 0}),
    "ChangePassword": Row(
        Needs.LOGIN, post={"old_password": "wrong", "new_password": "x"}, by_token=Needs.NEVER
    ),
    "ListUsers": Row(Needs.ADMIN, get="", post={}),
    "SaveUser": Row(Needs.ADMIN, post={"name": "made", "role": "admin"}),
    "DeleteUser": Row(Needs.ADMIN, post={"name": "nobody-at-all"}),
    "GiveVm": Row(Needs.ADMIN, post={"id": VM, "owner": "stranger"}),
    "ListAudit": Row(Needs.ADMIN, get="", post={}),
}
ACCESS = {
    **{f"access/{name}": row for name, row in METHODS.items()},
    r"^access/(?P<method>.*)$": Row(Needs.LOGIN, post={}, path="access/Nothing"),
}
