"""Paths outside ``/prpc/`` that programs use: logs and health."""

from __future__ import annotations

from typing import Any

from vms.prpc.openapi.failures import FAILURES

TAG = "Logs and health"
# A parameter that is there but empty stands for what is usual.
FLAG = {"anyOf": [{"type": "boolean"}, {"type": "string", "enum": ["", "0", "1"]}]}
LINES = {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 999_999_999}, {"const": ""}]}
BOOT = {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 999_999_999}, {"const": ""}]}
CHANNEL = {"type": "string", "enum": ["serial", "stdout", "stderr", ""]}


def _query(name: str, schema: dict[str, Any], text: str, *, required: bool = False) -> dict[str, Any]:
    found = {"in": "query", "name": name, "schema": schema, "description": text}
    return found | ({"required": True} if required else {})


def _failure(code: int) -> dict[str, Any]:
    return {"$ref": f"#/components/responses/{FAILURES[code].name}"}


LOGS = {
    "operationId": "Logs",
    "tags": [TAG],
    "summary": "One log of one VM, as text",
    "description": "With `follow=true` the answer goes on as the log grows, over rotation and restarts "
    "of the VM; when nothing comes for a minute, a heartbeat line keeps proxies from closing it.",
    "parameters": [
        _query("id", {"type": "string"}, "the VM's id", required=True),
        _query("ch", CHANNEL, "which log; serial where nothing is said"),
        _query("lines", LINES, "how many of the last ones; 10000 where nothing is said"),
        _query("follow", FLAG, "true: go on as the log grows"),
        _query("ansi", FLAG, "false: strip escape sequences"),
        _query("boot", BOOT, "how many boots ago; the newest where nothing is said"),
        _query("download", FLAG, "true: have a browser save it as a file"),
    ],
    "responses": {
        "200": {
            "description": "The log. Bytes that are no UTF-8 are replaced.",
            "content": {
                "text/plain": {
                    "schema": {"type": "string"},
                    "examples": {"Serial": {"value": "[    0.000000] Linux version 6.9.0\n"}},
                }
            },
        },
        "400": _failure(400),
        "401": _failure(401),
        "403": _failure(403),
        "404": _failure(404),
        "500": _failure(500),
    },
}

_HEALTH_SCHEMA = {
    "type": "object",
    "properties": {
        "status": {"type": "string", "enum": ["ok", "starting", "unavailable"]},
        "database": {"type": "string"},
        "worker": {"type": "string"},
    },
    "required": ["status", "database"],
}


def _health(text: str, **example: str) -> dict[str, Any]:
    content = {"schema": _HEALTH_SCHEMA, "examples": {example["status"].title(): {"value": example}}}
    return {"description": text, "content": {"application/json": content}}


HEALTH = {
    "operationId": "Healthz",
    "tags": [TAG],
    "summary": "Is the server alive, and would a request be acted on?",
    "description": "Says nothing private.",
    "responses": {
        "200": _health("Database and worker answer.", status="ok", database="ok", worker="ok"),
        "403": _failure(403),
        "503": _health("One of them doesn't.", status="starting", database="ok", worker="not ready"),
    },
}

PATHS = {"/logs": {"get": LOGS}, "/healthz": {"get": HEALTH}}
