"""One digest as a mail: what to tell, in the member's language, as text and HTML with the same content."""

import smtplib
from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime

from sharing.digests.links import unsubscribe_url
from sharing.digests.models import Digest
from sharing.digests.rules import MOST_ITEMS, zone_of
from sharing.listings.models import Listing
from sharing.matching.models import Match
from sharing.matching.wording import sentences
from sharing.municipalities.seats import actor_of_member


class TryLater(Exception):
    """The mail server could not take it now."""


class Refused(Exception):
    """The mail server will never take it."""


@dataclass(frozen=True, slots=True)
class Item:
    """A match as its reader sees it: theirs is the counterpart."""

    match: Match
    counterpart: Listing
    reasons: list[str]
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """One of the reader's own listings, with what was found for it."""

    listing: Listing
    items: list[Item]


def deliver(digest: Digest) -> list[Match]:
    """Send the digest's mail. Returns what it told of: nothing, and no mail, where nothing is left to tell.

    Raises `Refused` where the answer is about this mail or its address and final, else `TryLater`: a wrong password
    or a sender that the mail server does not like must not cost anyone their digest.
    """
    matches = _still_worth_telling(digest) if digest.member.is_active else []
    if not matches:
        return []
    message = compose(digest, matches)
    try:
        if not message.send():
            raise Refused("This member has no mail address.")
    except smtplib.SMTPRecipientsRefused as error:
        code, answer = next(iter(error.recipients.values()))
        raise _refusal(code, answer) from error
    except smtplib.SMTPDataError as error:
        raise _refusal(error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPException, OSError) as error:
        raise TryLater(str(error)) from error
    except ValueError as error:  # a header that no mail may have
        raise Refused(str(error)) from error
    return matches


def compose(digest: Digest, matches: list[Match]) -> EmailMultiAlternatives:
    """The mail, best matches first, grouped by the reader's listings; no more than anyone reads."""
    member = digest.member
    zone = zone_of(member.time_zone)
    with translation.override(member.language):
        groups = group(matches[:MOST_ITEMS], own=set(actor_of_member(member).organisation_ids))
        context = {
            "member": member,
            "groups": groups,
            "count": len(matches),
            "more": max(0, len(matches) - MOST_ITEMS),
            "day": date_format(localtime(digest.due_at, zone), "DATE_FORMAT"),
            "home": f"{settings.PUBLIC_URL}/",
            "unsubscribe": unsubscribe_url(member.id),
        }
        subject = " ".join(render_to_string("digests/subject.txt", context).split())
        text = render_to_string("digests/digest.txt", context)
        html = css_inline.inline(render_to_string("digests/digest.html", context), keep_style_tags=True)
    message = EmailMultiAlternatives(subject, text, None, [member.email], headers=_headers(digest))
    message.attach_alternative(html, "text/html")
    return message


def group(matches: list[Match], *, own: set[UUID]) -> list[Group]:
    """Under each of the reader's listings its matches. Where both are theirs, the request is the heading."""
    groups = defaultdict[Listing, list[Item]](list)
    for match in matches:
        mine, theirs = (match.request, match.offer) if match.request.owner_id in own else (match.offer, match.request)
        url = f"{settings.PUBLIC_URL}/matches/{match.id}/"
        groups[mine].append(Item(match, theirs, sentences(match.reasons), url))
    return [Group(listing, items) for listing, items in groups.items()]


def _still_worth_telling(digest: Digest) -> list[Match]:
    """What stood when it was gathered may have been withdrawn or answered since."""
    actor = actor_of_member(digest.member)
    told = Match.objects.visible_to(actor).not_dismissed_by(actor).filter(notify=True, notices__digest=digest)
    return list(told.with_listings().order_by("-score", "id").distinct())


def _headers(digest: Digest) -> dict[str, str]:
    host = settings.PUBLIC_URL.split("//", 1)[-1].split(":")[0].split("/")[0]
    return {
        "Message-ID": f"<digest-{digest.id}@{host}>",  # the same when a crash makes us send again
        "List-Unsubscribe": f"<{unsubscribe_url(digest.member_id)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": f"Allmende digest <digest.{host}>",  # ASCII only: else the brackets get encoded, too
        "Content-Language": digest.member.language,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }


def _refusal(code: int, answer: bytes | str) -> Exception:
    words = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return (Refused if code >= 500 else TryLater)(f"{code} {words}")
