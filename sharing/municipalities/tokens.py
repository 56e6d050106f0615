"""API tokens of organisations: shown once, kept as a hash."""

import hashlib
import secrets
from datetime import datetime
from enum import StrEnum

from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q

from sharing.actors import Actor, Role
from sharing.errors import RuleBroken
from sharing.events import emit
from sharing.ids import new_id
from sharing.municipalities.models import Organisation

PREFIX = "alm_"


class Scope(StrEnum):
    ORGANISATIONS_READ = "organisations:read"
    ORGANISATIONS_WRITE = "organisations:write"
    LISTINGS_READ = "listings:read"
    LISTINGS_WRITE = "listings:write"
    MATCHES_READ = "matches:read"
    MATCHES_WRITE = "matches:write"
    NETWORKS_READ = "networks:read"
    NETWORKS_WRITE = "networks:write"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def valid(self, secret: str, *, now: datetime) -> "ApiTokenQuerySet":
        """The token of this secret, if it is neither revoked nor expired."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), digest=fingerprint(secret), revoked_at=None)


class ApiToken(models.Model):
    """What a partner city's program shows to act for its organisation, within its scopes."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=40))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_on = models.DateField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


def fingerprint(secret: str) -> str:
    """SHA-256 suffices: the secret is 256 random bits, not a password somebody chose."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def issue(
    organisation: Organisation, *, name: str, scopes: set[Scope], expires_at: datetime | None, by: Actor
) -> tuple[ApiToken, str]:
    """Make a token for an organisation; the secret is returned this once and stored nowhere."""
    by.require(Role.MANAGER, organisation.id)
    if not scopes:
        raise RuleBroken("missing", "Choose at least one scope.", field="scopes")
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        organisation=organisation,
        name=name,
        digest=fingerprint(secret),
        scopes=sorted(scopes),
        expires_at=expires_at,
    )
    emit("token.issued", token.id, by=by, data={"scopes": sorted(scopes)})
    return token, secret


@transaction.atomic
def revoke(token: ApiToken, *, by: Actor, now: datetime) -> ApiToken:
    """End a token at once."""
    by.require(Role.MANAGER, token.organisation_id)
    token.revoked_at = now
    token.save(update_fields=["revoked_at"])
    emit("token.revoked", token.id, by=by)
    return token
