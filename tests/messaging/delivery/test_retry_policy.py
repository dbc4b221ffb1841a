from datetime import timedelta

import pytest

from integrations.targets import errors
from messaging.delivery.retry import DELAYS
from messaging.delivery.retry_policy import History, Poison, Verdict, WorkerLost, judge
from messaging.models import DeliveryState

ECHO_WAIT = timedelta(seconds=60)
FIRST = History(calls=1, tries=1, unconfirmed_tries=0)
LAST = History(calls=8, tries=8, unconfirmed_tries=0)
PENDING, FAILED = DeliveryState.PENDING, DeliveryState.FAILED


def verdict(error: errors.TargetError, history: History = FIRST) -> Verdict:
    return judge(error, history, echo_wait=ECHO_WAIT, chance=0.5)


@pytest.mark.parametrize("error", [errors.TargetError(), Poison()])
def test_a_failed_call_is_tried_again_and_counted(error):
    assert verdict(error) == Verdict(PENDING, delay=DELAYS[0], spends=True)


@pytest.mark.parametrize("error", [errors.ContentRefused(), errors.RecipientGone()])
def test_a_call_that_would_be_refused_again_ends(error):
    assert verdict(error) == Verdict(FAILED, spends=True)


def test_after_the_last_try_a_delivery_ends():
    assert verdict(errors.TargetError(), LAST) == Verdict(FAILED, spends=True)


def test_poison_is_set_aside_after_three_tries():
    states = [verdict(Poison(), History(n, n, 0)).state for n in (1, 2, 3)]
    assert states == [PENDING, PENDING, FAILED]


@pytest.mark.parametrize("error", [errors.NotReached(), errors.Unavailable()])
@pytest.mark.parametrize("history", [FIRST, LAST, History(500, 1, 0)])
def test_an_outage_spends_no_budget(error, history):
    judged = verdict(error, history)
    assert (judged.state, judged.spends) == (PENDING, False)
    assert timedelta(0) < judged.delay <= timedelta(minutes=10)


def test_the_platform_may_say_how_long_it_is_away():
    waiting = errors.Unavailable(wait=timedelta(minutes=3))
    assert verdict(waiting).delay == timedelta(minutes=3)


def test_a_rate_limit_holds_the_installation_for_as_long_as_told():
    limited = errors.RateLimited(wait=timedelta(minutes=19))
    assert verdict(limited) == Verdict(PENDING, hold=timedelta(minutes=19))


def test_a_rate_limit_without_a_time_holds_for_a_growing_while():
    holds = [verdict(errors.RateLimited(), History(n, 1, 0)).hold for n in (1, 2, 3)]
    assert holds == list(DELAYS[:3])


@pytest.mark.parametrize(
    "error", [errors.TokenRejected(), errors.PermissionMissing(), errors.ProofRejected()]
)
def test_a_dead_connection_needs_attention_and_loses_nothing(error):
    assert verdict(error, LAST) == Verdict(PENDING, attention=True)


def test_an_unconfirmed_call_waits_for_its_echo():
    judged = verdict(errors.Unconfirmed(), History(1, 1, 1))
    assert judged == Verdict(DeliveryState.UNCONFIRMED, delay=timedelta(seconds=60))


def test_an_uncertain_message_is_sent_once_more_and_no_further():
    states = [verdict(errors.Unconfirmed(), History(n, 1, n)).state for n in (1, 2)]
    assert states == [DeliveryState.UNCONFIRMED, FAILED]


def test_a_worker_may_vanish_three_times_over_one_message():
    states = [verdict(WorkerLost(), History(n, 1, n)).state for n in (1, 2, 3, 4)]
    assert states == [DeliveryState.UNCONFIRMED] * 3 + [FAILED]
