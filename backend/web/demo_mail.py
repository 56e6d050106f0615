"""The demo's mailbox: every mail its SMTP sink has caught. Not part of a real site."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

MOST = 500


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Newest first."""
    files = sorted(Path(settings.DEMO_MAIL_FOLDER).glob("*.eml"), reverse=True)
    mails = [{"name": file.stem, "mail": _read(file)} for file in files[:MOST]]
    return render(request, "demo_mail/index.html", {"mails": mails, "count": len(files)})


@require_safe
def show(request: HttpRequest, name: str) -> HttpResponse:
    """Headers and text part."""
    mail = _find(name)
    part = mail.get_body(("plain",))
    context = {"name": name, "mail": mail, "text": part.get_content() if part else "", "headers": mail.items()}
    return render(request, "demo_mail/show.html", context)


@require_safe
@csp_replace({"style-src": ["'unsafe-inline'"]})  # type: ignore[arg-type]  # mails carry their styles with them
def html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML part as a mail program would show it."""
    part = _find(name).get_body(("html",))
    if part is None:
        raise Http404
    return HttpResponse(part.get_content())


def _find(name: str) -> EmailMessage:
    file = Path(settings.DEMO_MAIL_FOLDER) / f"{name}.eml"
    if not re.fullmatch(r"[\w.-]+", name) or not file.is_file():
        raise Http404
    return _read(file)


def _read(file: Path) -> EmailMessage:
    return message_from_bytes(file.read_bytes(), policy=default)
