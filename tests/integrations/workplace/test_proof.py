"""The expiring proof and the vectors that pin it."""

import pytest
import time_machine

from integrations.workplace.proof import sign_token, sign_token_now

SECRET, TOKEN = "example-app-secret", "DQVexampletoken"
EXPIRING = "7686c4d5d98b19e701091d8a86df9b5cd3cb2575f545de8da6f5651a8d8eca92"


def test_the_expiring_proof_hashes_token_and_time():
    expected = {"appsecret_proof": EXPIRING, "appsecret_time": "1700000000"}

    assert sign_token(TOKEN, SECRET, at=1_700_000_000) == expected


@pytest.mark.parametrize("moment", [1_700_000_003.0, 1_700_000_003.999])
def test_a_proof_made_now_is_dated_three_seconds_back(moment):
    with time_machine.travel(moment, tick=False):
        proof = sign_token_now(TOKEN, SECRET)

    assert proof == {"appsecret_proof": EXPIRING, "appsecret_time": "1700000000"}
