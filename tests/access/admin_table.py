"""The admin's pages: for operators, to look at. What may be done there goes through actions."""

from __future__ import annotations

from tests.access.table import Needs, Row

_ANY = "<path:object_id>/"


def _looked_at(model: str, needs: Needs, app: str = "vms") -> dict[str, Row]:
    """A model that is never edited here: not added to, not changed, nothing deleted from it."""
    base = f"admin/{app}/{model}/"
    of_one = f"{base}1/"
    return {
        base: Row(needs, get=""),
        f"{base}add/": Row(Needs.NEVER, get="", post={}),
        f"{base}{_ANY}history/": Row(needs, get="", path=f"{of_one}history/"),
        f"{base}{_ANY}delete/": Row(Needs.NEVER, get="", post={}, path=f"{of_one}delete/"),
        f"{base}{_ANY}change/": Row(needs, get="", path=f"{of_one}change/"),
        f"{base}{_ANY}": Row(needs, get="", path=of_one),
    }


ADMIN: dict[str, Row] = {
    "admin/": Row(Needs.SEEING_THE_NODE, get=""),
    "admin/login/": Row(Needs.NOTHING, get=""),
    "admin/logout/": Row(Needs.NOTHING, get=""),
    "admin/password_change/": Row(Needs.SEEING_THE_NODE, get=""),
    "admin/password_change/done/": Row(Needs.SEEING_THE_NODE, get=""),
    "admin/autocomplete/": Row(Needs.NEVER, get=""),
    "admin/jsi18n/": Row(Needs.SEEING_THE_NODE, get=""),
    "admin/r/<path:content_type_id>/<path:object_id>/": Row(
        Needs.SEEING_THE_NODE, get="", path="admin/r/1/1/"
    ),
    "admin/^(?P<app_label>vms|auth)/$": Row(Needs.SEEING_THE_NODE, get="", path="admin/vms/"),
    "admin/(?P<url>.*)$": Row(Needs.SEEING_THE_NODE, get="", path="admin/nothing/at/all"),
    **{
        pattern: row
        for model in ("node", "image", "pull", "gpu", "portmapping", "event", "vm")
        for pattern, row in _looked_at(model, Needs.SEEING_THE_NODE).items()
    },
    **_looked_at("auditentry", Needs.ADMIN),
    **_looked_at("user", Needs.ADMIN, app="auth"),
    **_looked_at("apitoken", Needs.ADMIN),
}
