"""Every failure of the wire, once, with answers that servers really gave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Schema = dict[str, Any]


@dataclass(frozen=True)
class Failure:
    """One HTTP status: its component's name, what it means, and messages by the example's name."""

    name: str
    meaning: str
    messages: dict[str, str] = field(default_factory=dict)


FAILURES = {
    400: Failure(
        "Invalid",
        "The request, or a value in it, can't be right whatever the state. The message names the field.",
        {
            "WrongType": "vcpu: must be a whole number from 0 to 4294967295",
            "WrongValue": "ports[0].protocol: must be tcp or udp, not 'sctp'",
            "NoJson": "the request's body is not valid JSON: "
            "unexpected end of data: line 1 column 9 (char 8)",
        },
    ),
    401: Failure(
        "Unauthorized",
        "Nobody is known to ask: a token, a password or a session is missing, wrong, expired or revoked.",
        {
            "Missing": "authentication is needed: Authorization: Bearer <token>, X-Admin-Token: <token>, "
            "HTTP Basic, or a login in the browser at /login/",
            "Wrong": "the credentials are wrong",
        },
    ),
    403: Failure(
        "Forbidden",
        "Whoever asks may not do this; or a page of another site made a browser send it.",
        {
            "Role": "ada (viewer) may not do this; needed: admin or the VM's owner",
            "AnotherSite": "requests from https://evil.example are refused: another origin",
        },
    ),
    404: Failure(
        "NotFound",
        "No such VM, image or GPU.",
        {
            "UnknownVm": "no VM has the id 'nobody'",
            "UnknownImage": "image: no image 'dstack-9.9.9' on node 'node-1'; it has dstack-0.5.3",
        },
    ),
    405: Failure(
        "WrongVerb",
        "The method doesn't take this HTTP verb; `Allow` names those it takes.",
        {"ByGet": "StartVm changes something or takes a long request: use POST"},
    ),
    409: Failure(
        "Conflict",
        "The VM's state or a resource forbids it; the message names who holds it. "
        "A launch that QEMU refuses is told in QEMU's own words.",
        {
            "PortTaken": "ports[0].host_port: tcp port 8080 is taken by "
            "VM 'my-app' (63f3177b-bae6-4c3c-9a1f-0d6a2b1c9e55, running)",
            "WrongState": "vcpu: can change only while the VM is stopped; 'my-app' is running, stop it first",
            "BeingRemoved": "VM 'my-app' is being removed",
            "NotRunning": "VM 'my-app' does not run (stopped): its guest can't be asked; use StartVm",
        },
    ),
    413: Failure(
        "TooLarge",
        "The body is larger than this server takes.",
        {"OverTheLimit": "the request's body is larger than 67108864 bytes"},
    ),
    429: Failure(
        "Throttled",
        "So many wrong credentials came from there that none are looked at. `Retry-After` says how long.",
        {"Locked": "too many wrong credentials from here; try again in 30 s"},
    ),
    500: Failure(
        "Bug",
        "A bug of the server; nothing is told but where its log has it.",
        {"InTheLog": "internal error; the server's log has it under request id 5f2a90c41b7d"},
    ),
    502: Failure(
        "UpstreamFailed",
        "Another server (KMS, registry) or the guest's agent can't be reached, or answered wrongly.",
        {
            "KmsRefused": "the KMS at https://kms.example.com can't be asked: Connection refused",
            "NoAgent": "the guest agent can't be asked: Connection reset by peer",
        },
    ),
    503: Failure(
        "Unavailable",
        "The host's worker doesn't answer, or something needed is not configured; nothing was recorded.",
        {
            "NoWorker": "the worker of node 'node-1' does not answer; nothing was recorded",
            "NoKms": "no KMS is configured; kms_url names it",
        },
    ),
    504: Failure(
        "TookTooLong",
        "Not done in time. What was asked of the host goes on; a call to another server was given up.",
        {
            "GoesOn": "StartVm is not done after 30 s; it goes on, see the VM's status",
            "SilentAgent": "the guest agent did not answer within 10 s",
        },
    ),
}
ANY_REQUEST = (400, 401, 403, 405, 429, 500)

ERROR_SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "code": {"type": "integer", "minimum": 400, "maximum": 599, "description": "the HTTP status"},
        "message": {"type": "string", "minLength": 1},
    },
    "required": ["code", "message"],
}


def references(more: tuple[int, ...], *, has_body: bool) -> Schema:
    """An operation's failures: those that any request can meet, and these."""
    codes = sorted({*ANY_REQUEST, *more, *((413,) if has_body else ())})
    return {str(code): {"$ref": f"#/components/responses/{FAILURES[code].name}"} for code in codes}


def components() -> Schema:
    """The responses that ``references`` points to."""
    return {failure.name: _response(code, failure) for code, failure in FAILURES.items()}


def _response(code: int, failure: Failure) -> Schema:
    examples = {name: {"value": {"code": code, "message": text}} for name, text in failure.messages.items()}
    content = {"schema": {"$ref": "#/components/schemas/Error"}, "examples": examples}
    response: Schema = {"description": failure.meaning, "content": {"application/json": content}}
    if code == 429:
        words = {"schema": {"type": "integer"}, "description": "seconds"}
        response["headers"] = {"Retry-After": words}
    if code == 405:
        response["headers"] = {"Allow": {"schema": {"type": "string"}, "description": "the verbs it takes"}}
    return response
