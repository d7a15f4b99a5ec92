"""The method that reads the audit log."""

from __future__ import annotations

from vms.prpc.openapi.words.access import TAG
from vms.prpc.openapi.words.base import MethodWords
from vms.prpc.openapi.words.fields import Words

ENTRY = {
    "id": 1207,
    "at_ms": 1770000000000,
    "who": "ada",
    "role": "member",
    "credential": "token",
    "address": "192.0.2.7",
    "action": "prpc.StartVm",
    "vm_id": "63f3177b-bae6-4c3c-9a1f-0d6a2b1c9e55",
    "vm_name": "my-app",
    "result": 200,
    "detail": "",
    "request_id": "5f2a90c41b7d",
    "count": 1,
}

METHODS = {
    "ListAudit": MethodWords(
        TAG,
        "Who did what",
        "Every change and every refusal, newest first, a page at a time: `before` of an answer is `before` "
        "of the next page's request. Equal refusals of a minute are one entry with a `count`. The same as a "
        "file, with the same filters: `/access/audit.csv` and `/access/audit.jsonl`.",
        {
            "What was refused": {"result": 4, "page_size": 50},
            "One VM's": {"vm": "my-app"},
            "One user's logins": {"who": "ada", "action": "login"},
        },
        {"One entry": {"entries": [ENTRY], "before": 0}},
    ),
}

FIELDS: dict[str, dict[str, Words]] = {
    "ListAuditRequest": {
        "who": "exactly that name",
        "action": "its beginning, as `prpc.` or `login`",
        "vm": "a VM's id or name",
        "result": "an HTTP status, or its first digit for all that begin with it",
        "since_ms": "ms since 1970, included",
        "until_ms": "ms since 1970, not included",
        "before": "entries older than that one; 0: the newest",
        "page_size": "entries, 1000 at most; 0 is 1000",
    },
    "ListAuditResponse": {"before": "of the next page; 0: there is none"},
    "AuditEntry": {
        "at_ms": "ms since 1970",
        "who": "`nobody`: without valid credentials; `anybody`: without authentication; `system`: a command "
        "on the host",
        "address": "where it came from; `unix`: the Unix socket",
        "result": "the HTTP status that was answered, 200 for every success; 202: it was accepted, and how "
        "it ended is not known (yet)",
        "detail": "why it failed, and what was asked for: harmless values, only the names of others",
        "count": "how many equal ones this stands for",
    },
}
