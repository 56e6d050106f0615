"""The addresses of /api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from backend.api.concepts import ConceptViewSet
from backend.api.listings import ListingViewSet
from backend.api.matches import MatchViewSet
from backend.api.me import MeView
from backend.api.networks import NetworkViewSet
from backend.api.organisations import CategoryViewSet, DepartmentViewSet, OrganisationViewSet

router = SimpleRouter(use_regex_path=False)
router.register("organisations", OrganisationViewSet)
router.register("departments", DepartmentViewSet)
router.register("categories", CategoryViewSet)
router.register("concepts", ConceptViewSet)
router.register("listings", ListingViewSet)
router.register("matches", MatchViewSet)
router.register("networks", NetworkViewSet)

urlpatterns = [path("me/", MeView.as_view(), name="me"), *router.urls]
