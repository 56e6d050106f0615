"""Where every API view starts: who acts, what they may see, and which scope a program needs."""

from collections.abc import Collection
from functools import cached_property
from typing import Any, ClassVar, Protocol, TypeVar, cast

from django.db.models import Model, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from backend.api.filters import check_query
from sharing.actors import Actor
from sharing.municipalities.models import Member
from sharing.municipalities.seats import actor_of_member, actor_of_token
from sharing.municipalities.tokens import ApiToken, Scope

T = TypeVar("T", bound=Model)


class Visible(Protocol):
    def visible_to(self, actor: Actor) -> QuerySet[Any]: ...


class ActorView(APIView):
    """Builds the actor once per request."""

    http_method_names = ["get", "head", "post", "put", "patch", "delete"]  # no OPTIONS: the schema tells more
    read_scope: ClassVar[Scope | None] = None
    write_scope: ClassVar[Scope | None] = None

    def scope_for(self, method: str | None) -> Scope | None:
        return self.read_scope if method in ("GET", "HEAD", "OPTIONS") else self.write_scope

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if hasattr(self, str(request.method).lower()):  # a method that is not there is a 405, whatever the query
            check_query(request.query_params, self.query_names())

    def query_names(self) -> Collection[str]:
        """The query parameters this request may have."""
        return ()

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """What one organisation may see is not for a cache that others share."""
        response.headers.setdefault("Cache-Control", "private, no-store")
        return super().finalize_response(request, response, *args, **kwargs)

    @cached_property
    def actor(self) -> Actor:
        if isinstance(self.request.auth, ApiToken):
            return actor_of_token(self.request.auth)
        return actor_of_member(cast("Member", self.request.user))


class ActorViewSet(ActorView, GenericViewSet[T]):
    """Shows only what the actor may see: for everybody else a row is not there (404, never 403)."""

    lookup_value_converter = "uuid"
    versioning_class = None

    def query_names(self) -> Collection[str]:
        if self.action != "list":
            return ()
        filterset = getattr(self, "filterset_class", None)
        return {*getattr(self.paginator, "query_params", ()), *(filterset.base_filters if filterset else ())}

    def get_queryset(self) -> QuerySet[T]:
        queryset = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn without a request
            return queryset.none()
        return cast("Visible", queryset).visible_to(self.actor)
