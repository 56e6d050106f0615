"""All addresses of the site."""

from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

urlpatterns = [
    path("", include("backend.web.urls")),
    path("api/v1/", include("backend.api.urls")),
    path("api/schema/", SpectacularAPIView.as_view(permission_classes=[]), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(permission_classes=[]), name="docs"),
    path("operators/", admin.site.urls),
]
handler404 = "backend.web.errors.not_found"
handler500 = "backend.web.errors.server_error"
handler403 = "backend.web.errors.forbidden"
handler400 = "backend.web.errors.bad_request"
