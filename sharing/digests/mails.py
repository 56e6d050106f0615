"""One digest as a mail: what to tell, in the member's language, as text and HTML with the same content."""

import smtplib
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
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
from sharing.networks.labels import KIND_HEADING
from sharing.networks.models import Network
from sharing.networks.story import Story, stories
from sharing.networks.terms import Kind, State


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


@dataclass(frozen=True, slots=True)
class NetworkItem:
    """A network as its reader's organisation sees it."""

    network: Network
    story: Story
    url: str


@dataclass(frozen=True, slots=True)
class NetworkGroup:
    """Networks of one kind."""

    heading: str
    items: list[NetworkItem]


@dataclass(frozen=True, slots=True)
class Told:
    """What a digest is about: matches, best first, and networks. False where there is nothing left to tell."""

    matches: list[Match]
    networks: list[Network]

    def __bool__(self) -> bool:
        return bool(self.matches or self.networks)


def deliver(digest: Digest) -> Told:
    """Send the digest's mail. Returns what it told of: nothing, and no mail, where nothing is left to tell.

    Raises `Refused` where the answer is about this mail or its address and final, else `TryLater`: a wrong password
    or a sender that the mail server does not like must not cost anyone their digest.
    """
    told = _still_worth_telling(digest) if digest.member.is_active else Told([], [])
    if not told:
        return told
    message = compose(digest, told)
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
    return told


def compose(digest: Digest, told: Told) -> EmailMultiAlternatives:
    """The mail: networks by kind, then the best matches by the reader's listings; no more than anyone reads."""
    member = digest.member
    zone, own = zone_of(member.time_zone), set(actor_of_member(member).organisation_ids)
    with translation.override(member.language):
        networks = told.networks[:MOST_ITEMS]
        matches = told.matches[: MOST_ITEMS - len(networks)]
        context = {
            "member": member,
            "kinds": by_kind(networks, own=own, today=localtime(digest.due_at, zone).date()),
            "groups": group(matches, own=own),
            "count": len(told.matches),
            "network_count": len(told.networks),
            "more": len(told.matches) + len(told.networks) - len(networks) - len(matches),
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


def by_kind(networks: list[Network], *, own: set[UUID], today: date) -> list[NetworkGroup]:
    """Under each kind its networks, each as the reader's organisation sees it."""
    groups = defaultdict[str, list[NetworkItem]](list)
    for network, told in zip(networks, stories(networks, own, today=today), strict=True):
        url = f"{settings.PUBLIC_URL}/networks/{network.id}/"
        groups[str(network.kind)].append(NetworkItem(network, told, url))
    return [NetworkGroup(str(KIND_HEADING[Kind(kind)]), items) for kind, items in sorted(groups.items())]


def _still_worth_telling(digest: Digest) -> Told:
    """What stood when it was gathered may have been withdrawn or answered since."""
    actor = actor_of_member(digest.member)
    matches = Match.objects.visible_to(actor).not_dismissed_by(actor).filter(notify=True, notices__digest=digest)
    networks = Network.objects.visible_to(actor).filter(notices__digest=digest).whole().order_by("kind", "id")
    return Told(
        list(matches.with_listings().order_by("-score", "id").distinct()),
        [network for network in networks.distinct() if network.state != State.DISSOLVED or _knows(digest, network)],
    )


def _knows(digest: Digest, network: Network) -> bool:
    """Whether its reader has been told of a network before: else nobody needs to hear that it is gone."""
    return network.notices.filter(member=digest.member, digest__state=Digest.State.SENT).exclude(digest=digest).exists()


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
