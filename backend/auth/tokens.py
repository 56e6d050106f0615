"""Bearer tokens of organisations: `Authorization: Bearer alm_…`."""

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from sharing.municipalities.tokens import ApiToken


class Program:
    """Stands where Django expects a user: authenticated, but nobody."""

    is_authenticated = True
    is_active = True
    pk = None


class TokenAuthentication(BaseAuthentication):
    """Finds the token by its hash. A revoked, expired or unknown one is told apart from none at all."""

    def authenticate(self, request: Request) -> tuple[Program, ApiToken] | None:
        scheme, _space, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        now = timezone.now()
        token = ApiToken.objects.valid(secret.strip(), now=now).select_related("organisation").first()
        if token is None:
            raise AuthenticationFailed(_("This token is unknown, revoked or expired."))
        if token.last_used_on != now.date():  # once a day is enough to find unused tokens, and costs no write a request
            ApiToken.objects.filter(pk=token.pk).update(last_used_on=now.date())
        return Program(), token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the API description names it."""

    target_class = TokenAuthentication
    name = "organisationToken"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "An API token of your organisation."}
