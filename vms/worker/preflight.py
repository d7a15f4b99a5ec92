"""The server's own look at its host: at its start and once a day, told in the log and on the node's row."""

from __future__ import annotations

import asyncio
import logging

from vms.actions import nodes
from vms.conf import conf
from vms.database import in_database
from vms.preflight import catalogue, check
from vms.preflight.finding import Finding, Level
from vms.preflight.host import Host

INTERVAL_S = 24 * 3600.0
AT_ONCE = 2
"""It has time, and what starts meanwhile has none."""

_LOG_LEVEL = {Level.NOTE: logging.INFO, Level.WARNING: logging.WARNING, Level.PROBLEM: logging.ERROR}
_log = logging.getLogger(__name__)


async def watch_host(node_id: int) -> None:
    """Look at the host now and then until cancelled. It never fails: what it tells is advice."""
    told: list[Finding] = []
    while True:
        try:
            findings = await look(node_id)
            tell([finding for finding in findings if finding not in told])
            told = findings
        except Exception:
            _log.exception("this host could not be looked at; again in %g h", INTERVAL_S / 3600)
        await asyncio.sleep(INTERVAL_S)


async def look(node_id: int) -> list[Finding]:
    """Ask the quick checks and write down what is not ok; returns it."""
    host = Host(conf(), server_runs=True)
    findings = await asyncio.to_thread(check.run, catalogue.quick(), host, AT_ONCE)
    lacking = [finding for finding in findings if finding.level is not Level.OK]
    await in_database(nodes.record_findings, node_id, [finding.as_json() for finding in lacking])
    return lacking


def tell(findings: list[Finding]) -> None:
    """A line each, with the way out."""
    for finding in findings:
        _log.log(_LOG_LEVEL[finding.level], "%s", finding)
