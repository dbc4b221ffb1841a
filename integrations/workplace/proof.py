"""The proof that a caller holds the app secret as well as the access token."""

import hashlib
import hmac
import time
from email.utils import parsedate_to_datetime

# Times in the future were refused, so the proof is dated a little into the past (Graph API).
CLOCK_ALLOWANCE_SECONDS = 3
# From here on a clock that runs ahead, or behind, makes every proof useless.
FUTURE_SECONDS, OLD_SECONDS = 5, 240


def sign_token(token: str, app_secret: str, *, at: int) -> dict[str, str]:
    """Return the two query parameters of Workplace's expiring proof; ``at`` is in Unix seconds.

    The platform accepts a proof for five minutes. The classic proof of consumer apps, without a
    time, is refused by Workplace.
    """
    return {
        "appsecret_proof": _digest(f"{token}|{at}", app_secret),
        "appsecret_time": str(at),
    }


def sign_token_now(token: str, app_secret: str) -> dict[str, str]:
    """Return a fresh proof, dated so that a slightly fast clock of ours does no harm."""
    return sign_token(token, app_secret, at=int(time.time()) - CLOCK_ALLOWANCE_SECONDS)


def _digest(message: str, app_secret: str) -> str:
    return hmac.new(app_secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def clock_is_off(date: str) -> bool:
    """Tell whether our clock differs from an answer's ``Date`` so much that proofs are refused.

    A proof is valid for five minutes, and one from the future is not (Graph API, "Securing
    requests"); a few seconds may go by on the way.
    """
    try:
        ahead = time.time() - parsedate_to_datetime(date).timestamp()
    except (TypeError, ValueError):
        return False
    return ahead > FUTURE_SECONDS or ahead < -OLD_SECONDS
