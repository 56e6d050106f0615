"""kill -9 at thirty points of a run: nothing is half done, and the next worker ends where an undisturbed one would."""

import os
import signal
import time

import pytest
from django.db import connection
from django.utils import timezone

from sharing.models import Event, Network, Part, Run
from sharing.networks.content import content_of, hash_of
from sharing.networks.runs import ask_for_proposals, plan_next, solve_next
from tests.networks.markets import pool, swap

NOW = timezone.now()
POINTS = 30

pytestmark = pytest.mark.django_db(transaction=True)


class Statements:
    """Counts what is sent to the database, and ends the process before a given one."""

    def __init__(self, last=None):
        self.count, self.last = 0, last

    def __call__(self, execute, sql, params, many, context):
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)


def work(statements=None):
    """What one worker does from planning to the last part."""
    with connection.execute_wrapper(statements or Statements()):
        while plan_next(now=NOW):
            pass
        while solve_next(now=NOW, seconds=10):
            pass


def in_a_process_that_dies(at):
    """A worker that is killed before its statement number `at`."""
    child = os.fork()
    if child == 0:
        connection.connection = None  # the parent's: left alone, and a new one opened
        try:
            work(Statements(at))
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL


def finish():
    """As beat would: again and again, since the server may take a moment to see that the other is gone."""
    for _ in range(100):
        for leased in (Run.objects.filter(planned_at=None), Part.objects.filter(done_at=None)):
            leased.update(lease_until=None)  # the lease is over
        work()
        if not (Run.objects.filter(planned_at=None).exists() or Part.objects.filter(done_at=None).exists()):
            return
        time.sleep(0.05)
    raise AssertionError("the run does not end")


def stored():
    return sorted(Network.objects.values_list("kind", "state", "content_hash", "benefit"))


def start_again():
    Network.objects.all().delete()
    Run.objects.all().delete()
    Event.objects.all().delete()  # as if handled: a run waits for them
    ask_for_proposals(None, now=NOW)


def nothing_is_half_done():
    """Every network that is there is there whole, and says what its hash says."""
    for network in Network.objects.all():
        assert network.participants.count() >= 2
        assert network.legs.count() >= 2
        assert network.content_hash == hash_of(content_of(network))


def test_killed_at_thirty_points_a_run_ends_where_an_undisturbed_one_does(drain):
    pool(drain)
    swap(drain, latitude=48.0)
    undisturbed, counted = stored(), Statements()
    assert len(undisturbed) == 2
    start_again()
    work(counted)
    assert stored() == undisturbed
    for point in range(POINTS):
        start_again()
        in_a_process_that_dies(1 + point * counted.count // POINTS)
        nothing_is_half_done()
        finish()
        assert stored() == undisturbed, point
