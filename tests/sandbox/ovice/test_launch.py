import time

import jwt
import pytest
import requests

from tests.plugins.ovice import Ovice
from tests.sandbox.ovice.conftest import Place
from tests.sandbox.ovice.receiver import Receiver


def key_for(ovice: Ovice, token: str) -> jwt.PyJWK:
    answer = requests.get(f"{ovice.web_url}/ovice/.well-known/jwks.json", timeout=5)
    kid = jwt.get_unverified_header(token)["kid"]
    return jwt.PyJWKSet.from_dict(answer.json())[kid]


def read(ovice: Ovice, token: str, audience: str) -> dict:
    key = key_for(ovice, token)
    return jwt.decode(token, key, algorithms=["RS256", "EdDSA"], audience=audience)


@pytest.mark.parametrize("algorithm", ["RS256", "EdDSA"])
def test_a_library_accepts_the_token_by_the_published_keys(
    ovice: Ovice, place: Place, relay: Receiver, algorithm: str
) -> None:
    token = ovice.launch_token(
        place.organization, place.hanako, alg=algorithm, space=place.space, purpose="link"
    )
    claims = read(ovice, token, relay.url)
    moments = [claims.pop(name) for name in ("iat", "nbf", "exp")]
    assert moments[2] - moments[0] == 120
    assert abs(moments[0] - time.time()) < 5
    assert len(claims.pop("jti")) == 32
    assert claims == {
        "iss": "https://app.ovice.com",
        "aud": relay.url,
        "sub": place.hanako,
        "org": "4821",
        "org_name": "Example Works",
        "role": "member",
        "email": "hanako@example.com",
        "email_verified": True,
        "name": "Hanako",
        "locale": "ja",
        "purpose": "link",
        "return_to": "https://app.ovice.com/ws/tokyo-hq",
        "space": {"id": "987", "name": "Tokyo HQ", "url": "https://app.ovice.com/ws/tokyo-hq"},
    }


def test_each_token_has_an_id_of_its_own(ovice: Ovice, place: Place, relay: Receiver) -> None:
    tokens = [ovice.launch_token(place.organization, place.taro) for _ in range(3)]
    assert len({read(ovice, token, relay.url)["jti"] for token in tokens}) == 3


def test_claims_can_be_replaced_and_left_out(ovice: Ovice, place: Place, relay: Receiver) -> None:
    token = ovice.launch_token(
        place.organization, place.taro, claims={"role": "admin"}, without=["email", "space"][:1]
    )
    claims = read(ovice, token, relay.url)
    assert claims["role"] == "admin"
    assert "email" not in claims


@pytest.mark.parametrize("forgery", [{"key": "stranger"}, {"alg": "none"}])
def test_a_forged_token_is_no_valid_one(
    ovice: Ovice, place: Place, relay: Receiver, forgery: dict
) -> None:
    token = ovice.launch_token(place.organization, place.taro, **forgery)
    own = ovice.launch_token(place.organization, place.taro)
    with pytest.raises(jwt.InvalidTokenError):
        jwt.decode(token, key_for(ovice, own), algorithms=["RS256"], audience=relay.url)


def test_hs256_is_keyed_with_the_shared_secret(ovice: Ovice, place: Place, relay: Receiver) -> None:
    secret = ovice.settings(launch_secret="s" * 32)["launch_secret"]
    token = ovice.launch_token(place.organization, place.taro, alg="HS256")
    claims = jwt.decode(token, secret, algorithms=["HS256"], audience=relay.url)
    assert claims["sub"] == place.taro


def test_a_token_can_confuse_a_public_key_with_a_secret(
    ovice: Ovice, place: Place, relay: Receiver
) -> None:
    token = ovice.launch_token(place.organization, place.taro, alg="HS256", key="public", kid="k")
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "kid": "k", "typ": "JWT"}


def test_after_a_rotation_the_key_before_is_still_published(
    ovice: Ovice, place: Place, relay: Receiver
) -> None:
    old = ovice.launch_token(place.organization, place.taro)
    ovice.control("POST", "launch-keys")
    assert read(ovice, old, relay.url)["sub"] == place.taro
    ovice.control("POST", "launch-keys")
    with pytest.raises(KeyError):
        key_for(ovice, old)
