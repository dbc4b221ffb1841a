"""The bare threaded ``requests`` loop: the least that carrying DMs over HTTP can cost.

`python -m bench.loop URL --count 4000 --threads 16` posts the bodies the relay posts, each thread
with a session of its own, and prints JSON: seconds, CPU seconds, posts a second.
"""

import argparse
import json
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import requests


def post(url: str, numbers: range) -> None:
    """Post one body for each number, over one connection."""
    with requests.Session() as session:
        session.trust_env = False
        for number in numbers:
            body = {
                "recipient": {"id": f"{number % 500}"},
                "messaging_type": "UPDATE",
                "message": {
                    "text": "Taro sent you a direct message in Tokyo HQ\n\n"
                    f"DM {number}: can you join room B?\nhttps://app.ovice.com/ws/tokyo-hq",
                    "metadata": "0190a000-0000-7000-8000-000000000000",
                },
            }
            answer = session.post(
                f"{url}/me/messages",
                params={"appsecret_time": "1767225600", "appsecret_proof": "0" * 64},
                json=body,
                headers={"Authorization": "Bearer DQVtoken"},
                timeout=10,
            )
            answer.json()


def main() -> None:
    """Read the command line, post, and print what it cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--threads", type=int, default=16)
    given = parser.parse_args()
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    with ThreadPoolExecutor(given.threads) as pool:
        shares = [range(start, given.count, given.threads) for start in range(given.threads)]
        list(pool.map(post, [given.url] * given.threads, shares))
    seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    told = {"seconds": seconds, "cpu_seconds": cpu, "per_second": given.count / seconds}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
