"""The pool of processes: a signal waits until no lock of the pool is held, and then ends the work."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from riboswitch.screening.process_pool import ENDING, ordered, undisturbed


class Ended(Exception):
    pass


@pytest.fixture(params=ENDING, ids=[each.name for each in ENDING])
def ending(request):
    """A signal whose handler raises, as the command line's does."""

    def stop(*_):
        raise Ended

    before = signal.signal(request.param, stop)
    yield request.param
    signal.signal(request.param, before)


@pytest.fixture(params=[0, 3], ids=["alone", "beside other threads"])
def threads(request):
    """Other threads, each of which may take a signal of the process."""
    end = threading.Event()
    running = [threading.Thread(target=end.wait) for _ in range(request.param)]
    for thread in running:
        thread.start()
    yield
    end.set()
    for thread in running:
        thread.join()


def test_a_signal_is_answered_after_the_call_and_not_within_it(ending, threads):
    done, handlers = [], [signal.getsignal(each) for each in ENDING]

    def work(value):
        os.kill(os.getpid(), ending)
        for _ in range(1000):  # time for the signal to arrive
            done.append(value)
        return value

    with pytest.raises(Ended):
        undisturbed(work, 3)
    assert done == [3] * 1000
    assert undisturbed(len, "four") == 4 and [signal.getsignal(each) for each in ENDING] == handlers


def test_an_error_of_the_call_comes_through():
    handlers = [signal.getsignal(each) for each in ENDING]
    with pytest.raises(ZeroDivisionError):
        undisturbed(lambda: 1 / 0)
    assert [signal.getsignal(each) for each in ENDING] == handlers


def test_a_thread_beside_the_main_one_changes_no_handler():
    found = []
    thread = threading.Thread(target=lambda: found.append(undisturbed(signal.getsignal, ENDING[0])))
    thread.start()
    thread.join()
    assert found == [signal.getsignal(ENDING[0])]


def halved():
    return half


def half(number):
    return number / 2


def test_results_are_in_order_and_a_signal_between_two_ends_the_pool(ending):
    assert list(ordered(halved, (), range(20), processes=2)) == [n / 2 for n in range(20)]
    made = ordered(halved, (), iter(range(10_000)), processes=2)
    with pytest.raises(Ended):
        for number in made:
            if number == 20:
                os.kill(os.getpid(), ending)
    made.close()  # ends: no lock is left behind
