"""The page of a network: for its members, with a picture and a table that say the same, and an answer."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sharing.models import Network
from tests.backend import crowds
from tests.networks.markets import Side, pool, ring


@pytest.fixture
def market(db, drain):
    return pool(drain)


def page(browser, network):
    answer = browser.get(f"/networks/{network.id}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_member_reads_what_it_means_and_answers(market, browser_of):
    giver, takers, offer, _ = market
    network = Network.objects.get()
    browser = browser_of(takers[0].member)
    html = page(browser, network)
    assert "Sie bekommen" in html
    assert "Geteilte Angebote: Ein Angebot dient mehreren" in html
    assert html.count(offer.title) >= 4  # once for the reader, and in each row of the table
    body = {"organisation": str(takers[0].id), "content_hash": network.content_hash, "answer": "accept"}
    assert browser.post(f"/networks/{network.id}/", body).status_code == 302
    assert "Sie haben zugestimmt." in page(browser, network)
    assert page(browser_of(giver.member), network).count("zugestimmt") >= 1


def test_the_picture_shows_every_member_and_every_leg(db, drain, browser_of):
    first, *_ = ring(drain)
    network = Network.objects.get(state="proposed", kind="ring")
    html = page(browser_of(first.member), network)
    assert html.count("<circle") == 3
    assert html.count("marker-end") == 3
    assert len(re.findall(r'<line x1="-?\d+\.?\d*"', html)) == 3  # a point, whatever the language writes
    assert 'role="img"' in html


def test_a_stranger_finds_nothing(market, browser_of):
    answer = browser_of(Side("Fremdstadt").member).get(f"/networks/{Network.objects.get().id}/")
    assert answer.status_code == 404


def test_an_answer_to_an_old_content_is_explained(market, browser_of):
    giver, *_ = market
    network = Network.objects.get()
    body = {"organisation": str(giver.id), "content_hash": "0" * 64, "answer": "accept"}
    answer = browser_of(giver.member).post(f"/networks/{network.id}/", body)
    assert answer.status_code == 409
    assert "Der Verbund hat sich geändert" in answer.content.decode()


@pytest.mark.parametrize("organisation", ["", "x", "00000000-0000-0000-0000-000000000000"])
def test_nobody_answers_for_others(market, browser_of, organisation):
    giver, *_ = market
    network = Network.objects.get()
    answer = browser_of(giver.member).post(
        f"/networks/{network.id}/", {"organisation": organisation, "answer": "accept", "content_hash": "x"}
    )
    assert answer.status_code == 409
    assert not network.participants.exclude(answer="open").exists()


def test_a_running_network_is_left_and_its_declaration_renewed_on_the_page(market, browser_of):
    giver, takers, *_ = market
    network = Network.objects.get()
    for side in (giver, *takers):
        body = {"organisation": str(side.id), "content_hash": network.content_hash, "answer": "accept"}
        browser_of(side.member).post(f"/networks/{network.id}/", body)
    browser = browser_of(takers[0].member)
    assert "Erklärung um ein Jahr verlängern" in page(browser, network)
    for answer, said in (("declare", "Die Erklärung ist verlängert."), ("leave", "Sie haben gekündigt.")):
        browser.post(f"/networks/{network.id}/", {"organisation": str(takers[0].id), "answer": answer})
        assert said in page(browser, network)
    assert network.participants.get(organisation=takers[0].id).leaves_on is not None


def test_the_first_page_asks_the_same_for_one_network_and_for_ten(alice, charlie, browser_of):
    ours, theirs = (person.memberships.get().organisation for person in (alice, charlie))
    browser, counts = browser_of(alice), []
    for more in (1, 9):
        crowds.networks(more, of=(ours, theirs))
        with CaptureQueriesContext(connection) as captured:
            assert browser.get("/").status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_networks_stand_above_the_matches(market, browser_of):
    giver, *_ = market
    html = browser_of(giver.member).get("/").content.decode()
    assert html.index(f"/networks/{Network.objects.get().id}/") < html.index("/matches/")
    assert html.count("<h1>") == 1
