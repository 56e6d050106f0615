"""What a digest says: in the member's language, twice the same, and in headers that mail programs understand."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from sharing.digests.actions import gather, send
from sharing.digests.mails import Told, compose
from sharing.models import Digest, Listing, Match, Member
from tests import factories


class Words(HTMLParser):
    """The text of a page, and its tags and links."""

    def __init__(self, html):
        super().__init__()
        self.text, self.tags, self.links, self._silent = "", [], [], False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name == "href"]
        self._silent = tag in {"style", "title"}

    def handle_endtag(self, tag):
        self._silent = False

    def handle_data(self, data):
        self.text += "" if self._silent else f" {data} "


@pytest.fixture
def written(tuesday):
    """The mail that a member would get now."""

    def write(member):
        gather(now=tuesday)
        digest = Digest.objects.select_related("member").get(member=member)
        matches = Match.objects.filter(notices__digest=digest).with_listings().order_by("-score", "id")
        return compose(digest, Told(list(matches), []))

    return write


def parts(message):
    [(html, kind)] = message.alternatives
    assert kind == "text/html"
    return message.body, Words(html)


@pytest.fixture
def market(alice, drain):
    """Two requests of Haingrund's; nine offers for the one, one for the other, with different fit."""
    town = alice.memberships.get().organisation
    factories.published(factories.SWEEPING, owner=town)
    other = {"title": "Standesbeamtin gesucht", "description": "Beurkundung", "keywords": (), "category": "ORD"}
    factories.published(factories.SWEEPING, owner=town, **other)
    for number in range(9):
        factories.published(title=f"Kehrmaschine Nummer {number}", owner=factories.town(f"Ort {number}"), quantity=9)
    factories.published(**other | {"title": "Standesbeamtin für Beurkundung"}, owner=factories.town("Ort am Amt"))
    drain()


def test_both_parts_say_the_same(market, alice, written):
    text, html = parts(written(alice))
    for said in re.findall(r"^ +[*-] (.+)$", text, re.MULTILINE):
        assert " ".join(said.split()) in " ".join(html.text.split())
    assert set(re.findall(r"https?://\S+", text)) == {link for link in html.links if link.startswith("http")}


def test_it_is_grouped_by_listing_best_first_and_at_most_seven(market, alice, written):
    text, html = parts(written(alice))
    assert len(re.findall(r"^  \* ", text, re.MULTILINE)) == 7 == html.tags.count("h3")
    matches = Match.objects.filter(notify=True, request__owner=alice.memberships.get().organisation)
    best = list(matches.order_by("-score", "id")[:7])
    assert all(f"/matches/{match.id}/" in text for match in best)
    assert re.search(rf"\b{matches.count() - 7}\b .*http", text), "how many more there are, and where"
    for listing in {match.request for match in best}:
        assert text.count(listing.title) == 1 == html.text.count(listing.title), "a heading stands once"


@pytest.mark.parametrize(
    ("language", "subject", "greeting", "reason"),
    [("de", "1 neuer Treffer", "Guten Tag", "entfernt"), ("en", "1 new match", "Hello", "away")],
)
def test_it_is_in_the_members_language(match, alice, written, language, subject, greeting, reason):
    Member.objects.filter(id=alice.id).update(language=language)
    message = written(alice)
    text, html = parts(message)
    assert message.subject.startswith(subject)
    assert greeting in text
    assert greeting in html.text
    assert reason in text
    assert message.extra_headers["Content-Language"] == language
    assert f'<html lang="{language}">' in message.alternatives[0][0]


def test_the_contact_is_a_role_mailbox(match, alice, written):
    text, html = parts(written(alice))
    assert "bauhof@weitental.example" in text
    assert "mailto:bauhof@weitental.example" in html.links


def test_headers_are_what_mail_programs_ask_for(match, alice, written, settings):
    settings.PUBLIC_URL = "https://allmende.landkreis.example"
    message = written(alice)
    digest = Digest.objects.get()
    headers = message.message()
    link = message.extra_headers["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://allmende.landkreis.example/u/")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["Message-ID"] == f"<digest-{digest.id}@allmende.landkreis.example>"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["To"] == alice.email
    assert link in message.body
    raw = message.message().as_bytes()
    assert re.search(rb"^List-Unsubscribe:\s+<%s>$" % re.escape(link.encode()), raw, re.MULTILINE), "in one piece"


def test_the_unsubscribe_link_is_short_enough_not_to_be_broken(match, alice, written, settings):
    settings.PUBLIC_URL = "https://allmende.example.de"
    assert len(written(alice).extra_headers["List-Unsubscribe"].strip("<>")) < 70


HOSTILE = [
    '<script>alert("1")</script>',
    '"><img src=x onerror=alert(1)>',
    "{{ settings.SECRET_KEY }} {% load x %}",
    "</h3></main><a href='https://evil.example'>Gewonnen</a>",
    "a\r\nBcc: all@town.example",
]


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_stays_text(match, alice, written, title):
    Listing.objects.update(title=title)
    message = written(alice)
    _, html = parts(message)
    assert not {"script", "img"} & set(html.tags)
    assert "https://evil.example" not in html.links
    assert " ".join(title.split()) in " ".join(html.text.split())
    assert "Bcc" not in message.message()


def test_the_number_of_queries_does_not_depend_on_the_number_of_matches(
    alice, drain, tuesday, mailoutbox, django_assert_max_num_queries
):
    factories.published(factories.SWEEPING, owner=alice.memberships.get().organisation)
    for week, offers in enumerate([1, 7]):
        for _ in range(offers):
            factories.published(owner=factories.town(mailbox="bauhof@town.example"))
        drain()
        now = tuesday + timedelta(days=7 * week)
        gather(now=now)
        with django_assert_max_num_queries(16):
            assert send(Digest.objects.get(due_at=now).id, now=now)
    assert len(mailoutbox) == 2
