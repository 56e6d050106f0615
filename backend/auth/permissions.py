"""Who gets past the door of an API view."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from sharing.municipalities.tokens import ApiToken


class ActsForSomeone(BasePermission):
    """Logged in, or with a token whose scopes cover what the view is about to do."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if isinstance(request.auth, ApiToken):
            needed = view.scope_for(request.method)
            return needed is None or needed in request.auth.scopes
        return bool(request.user and request.user.is_authenticated)
