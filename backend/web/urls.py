"""The pages of the site."""

from django.conf import settings
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import URLPattern, path

from backend.web import demo_mail, digests, health, matches, networks

urlpatterns: list[URLPattern] = [
    path("", matches.home, name="home"),
    path("matches/<uuid:match_id>/", matches.match, name="match"),
    path("networks/<uuid:network_id>/", networks.network, name="network"),
    path("login/", LoginView.as_view(template_name="login.html", redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("u/<str:token>", digests.unsubscribe, name="unsubscribe"),
    path("healthz", health.alive),
    path("readyz", health.ready),
]
if settings.DEMO_MAIL_FOLDER:
    urlpatterns += [
        path("demo/mail/", demo_mail.index, name="demo_mail"),
        path("demo/mail/<str:name>/", demo_mail.show, name="demo_mail_show"),
        path("demo/mail/<str:name>/html/", demo_mail.html, name="demo_mail_html"),
    ]
