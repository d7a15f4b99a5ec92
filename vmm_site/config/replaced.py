"""Names of an existing ``vmm.toml`` that have no meaning here any more, and those that moved."""

from __future__ import annotations

from typing import Any

Table = dict[str, Any]

REPLACED: dict[str, str] = {
    "supervisor": "VMs are supervised by the server itself",
    "workers": "the server sizes its own pools",
    "max_blocking": "the server sizes its own pools",
    "ident": "the server names itself",
    "ip_header": "proxies are not trusted for the client's address",
    "temp_dir": "temporary files lie beside their targets",
    "keep_alive": "connections are kept alive by the server's own rule",
    "limits": "use max_body_size for the largest request",
    "log_level": "use the environment variable VMM_LOG_LEVEL",
    "cli_colors": "colours are used on a terminal only",
    "reuse": "a Unix socket left by a dead server is replaced",
    "tls": "TLS is NOT served: put a proxy with TLS in front",
    "secret_key": "the server makes and keeps its own key",
    "shutdown": "shutting down has a bound of its own",
    "cvm.qmp_socket": "QMP is always on",
    "cvm.backup": "backups are not made by this server",
    "cvm.networking.forward_service_enabled": "ports are forwarded by user-mode networking only",
    "host_api.ident": "the server names itself",
    "host_api.workers": "the server sizes its own pools",
    "cvm.tee_simulator.mr_config": "it is made for each VM",
    "cvm.tee_simulator.vm_config": "it is made for each VM",
    "cvm.tee_simulator.aws_pcr_replay": "it is taken from the image",
    "cvm.tee_simulator.gcp_tpm_replay": "it is taken from the image",
    **{
        f"cvm.networking.{key}": "passt networking is not supported"
        for key in (
            "passt_exec",
            "interface",
            "address",
            "netmask",
            "gateway",
            "dns",
            "map_host_loopback",
            "map_guest_addr",
            "no_map_gw",
            "ipv4_only",
        )
    },
}
"""Dotted name → what stands in its place."""


def bring_up_to_date(table: Table) -> list[str]:
    """Move values of older files to where they are now, in place; say what was moved."""
    notes: list[str] = []
    if old := table.pop("image_path", ""):
        image = table.setdefault("image", {})
        if isinstance(image, dict) and not image.get("path"):
            image["path"] = old
            notes.append("image_path is an old name: write path in [image]")
        else:
            notes.append("image_path is ignored, for path in [image] is set too")
    if (old := table.pop("networking", None)) is not None:
        cvm = table.setdefault("cvm", {})
        if isinstance(cvm, dict) and "networking" not in cvm:
            cvm["networking"] = old
            notes.append("[networking] is an old name: write [cvm.networking]")
        else:
            notes.append("[networking] is ignored, for [cvm.networking] is there too")
    return notes
