"""`GET /people` for 10,000 people: bytes and time, raw and compressed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from statistics import median

import httpx2
import msgspec

from bench.figure import Figure
from bench.service import running_demo

PEOPLE = 10_000


def measure() -> Iterable[Figure]:
    """From outside, over loopback, against a demo of 10,000."""
    with running_demo(PEOPLE) as access, httpx2.Client(trust_env=False, timeout=120) as client:
        raw: tuple[float, int] | None = None
        for coding in ("identity", "gzip", "br"):
            headers = {"Authorization": f"Bearer {access['token']}", "Accept-Encoding": coding}
            taken: list[float] = []
            size = 0
            people = 0
            for _ in range(6):
                began = time.perf_counter()
                with client.stream("GET", access["api_url"] + "/people", headers=headers) as answer:
                    body = b"".join(answer.iter_raw())
                taken.append(time.perf_counter() - began)
                size = len(body)
                if coding == "identity":
                    people = len(msgspec.json.decode(body)["people"])
            middle = median(taken[1:])
            raw = raw or (middle, size)
            what = f"GET /people, {people} people" if coding == "identity" else f"GET /people, {coding}"
            yield Figure(
                what,
                f"{size / 1e6:.2f} MB, {middle * 1000:.0f} ms (first {taken[0] * 1000:.0f} ms)",
                f"{size / raw[1]:.3f} x the bytes, {middle / raw[0]:.2f} x the time",
            )
