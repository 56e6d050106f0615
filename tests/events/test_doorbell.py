"""The bell: a broker that is dead or hangs costs one request a moment, and the next ones nothing."""

import os
import signal
import socket
import time

import pytest
from redis import Redis

from config.launcher.layout import Layout
from config.launcher.processes import Supervisor
from config.launcher.valkey import start_valkey
from sharing.actors import SYSTEM
from sharing.events import emit
from sharing.ids import new_id
from sharing.models import Event
from tasks import events
from tests import factories

MOST = 0.5  # seconds; measured: 0.3 where a broker takes the call and never answers


@pytest.fixture
def bell(monkeypatch):
    """Points the bell at a broker. What it imports on its first ring is imported, and it has not failed before."""
    events.drain.app.connection_for_write().channel().close()
    monkeypatch.setitem(events._silent, "until", 0.0)

    def point_at(url):
        monkeypatch.setattr(events.drain.app.conf, "broker_write_url", url)

    return point_at


def seconds(act):
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


@pytest.fixture
def deaf_broker():
    """Takes calls and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@pytest.fixture
def dead_broker():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return f"redis://127.0.0.1:{port}/0"


@pytest.fixture
def valkey(tmp_path):
    """One of our own, as URL and process."""
    layout = Layout.of(tmp_path)
    with Supervisor(layout.logs) as supervisor:
        start_valkey(layout, supervisor)
        url = f"redis+socket://{layout.valkey_socket}?virtual_host=0"
        yield url, f"unix://{layout.valkey_socket}?db=0", supervisor._children[0].process.pid


@pytest.mark.processes
def test_it_puts_one_call_to_drain_into_the_queue(bell, valkey):
    url, address, _ = valkey
    bell(url)
    events.ring()
    with Redis.from_url(address) as broker:
        [call] = broker.lrange("celery", 0, -1)
    assert b'"task": "tasks.events.drain"' in call


@pytest.mark.parametrize("broker", ["deaf_broker", "dead_broker"])
def test_a_broker_that_is_no_help_costs_a_moment_and_then_nothing(bell, broker, request):
    bell(request.getfixturevalue(broker))
    assert seconds(events.ring) < MOST
    assert seconds(lambda: [events.ring() for _ in range(100)]) < 0.05


@pytest.mark.processes
def test_a_broker_that_stops_in_mid_life_costs_a_moment_and_is_tried_again_later(bell, valkey, monkeypatch):
    url, _, process = valkey
    bell(url)
    os.kill(process, signal.SIGSTOP)
    try:
        assert seconds(events.ring) < MOST
        assert seconds(events.ring) < 0.01
    finally:
        os.kill(process, signal.SIGCONT)
    monkeypatch.setitem(events._silent, "until", time.monotonic())  # half a minute later
    events.ring()
    assert events._silent["until"] <= time.monotonic()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("broker", ["deaf_broker", "dead_broker"])
def test_without_a_broker_a_listing_is_published_all_the_same(bell, broker, request, settings, client_of):
    bell(request.getfixturevalue(broker))
    settings.EVENT_DOORBELL = "tasks.events.ring"
    owner = factories.town()
    alice = factories.member("alice", of=owner)
    listing = factories.drafted(owner=owner)
    answer = client_of(alice).post(f"/api/v1/listings/{listing.id}/publish/")
    assert answer.status_code == 200
    assert Event.objects.pending().filter(kind="listing.published", subject_id=listing.id).exists()


@pytest.mark.django_db
def test_emit_itself_never_talks_to_the_broker(bell, deaf_broker, settings):
    bell(deaf_broker)
    settings.EVENT_DOORBELL = "tasks.events.ring"
    assert seconds(lambda: emit("a.happened", new_id(), by=SYSTEM)) < 0.1
