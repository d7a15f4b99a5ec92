"""From a Django user to who acts."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from vms.access.principal import Credential, Principal
from vms.choices import Role
from vms.selectors.people import role_of


def principal_of(user: User, credential: Credential) -> Principal:
    """That user, who has just proved it."""
    return Principal(user.get_username(), role_of(user), credential, user_id=user.pk)


def admins() -> QuerySet[User]:
    """Users who may do everything, and log in."""
    by_account = Q(account__role=Role.ADMIN)
    return User.objects.filter(by_account | Q(account=None, is_superuser=True), is_active=True)
