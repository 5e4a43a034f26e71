"""What is counted, as Prometheus' own parser reads it."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client.parser import text_string_to_metric_families

from server.metrics import BOUNDS, Census, LoopWatch, Metrics, Timings, may_see
from tests.fakes.waiting import until


def samples(text: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Value by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


async def test_a_scrape_has_all_that_was_counted() -> None:
    metrics = Metrics("1.2.3")
    metrics.census = lambda: Census(rooms=2, members=9, connections=11)
    metrics.certificate_end = lambda: 2e9
    metrics.commands["seek"] += 3
    metrics.refusals["hello", "password"] += 2
    metrics.refusals["command", "busy"] += 1
    metrics.cuts["too many messages"] += 4
    metrics.stalls += 5
    metrics.late_waits += 6
    metrics.command_times.observe(0.0007)
    metrics.commit_times.observe(0.004)
    metrics.loop_delays.observe(0.0)
    kind, text = await metrics.render()
    assert kind.startswith(b"text/plain; version=")
    seen = samples(text)
    assert seen["matinee_build_info", (("version", "1.2.3"),)] == 1
    assert [seen[f"matinee_{name}", ()] for name in ("rooms", "members", "connections")] == [2, 9, 11]
    assert seen["matinee_commands_total", (("kind", "seek"),)] == 3
    assert seen["matinee_refusals_total", (("code", "password"), ("of", "hello"))] == 2
    assert seen["matinee_refusals_total", (("code", "busy"), ("of", "command"))] == 1
    assert seen["matinee_cut_connections_total", (("reason", "too many messages"),)] == 4
    assert (seen["matinee_stalls_total", ()], seen["matinee_late_waits_total", ()]) == (5, 6)
    assert seen["matinee_command_seconds_bucket", (("le", "0.0005"),)] == 0
    assert seen["matinee_command_seconds_bucket", (("le", "0.001"),)] == 1
    assert seen["matinee_command_seconds_count", ()] == 1
    assert seen["matinee_store_commit_seconds_sum", ()] == 0.004
    assert seen["matinee_loop_delay_seconds_count", ()] == 1
    assert seen["matinee_certificate_expires_timestamp_seconds", ()] == 2e9
    metrics.commands["seek"] += 1
    assert samples((await metrics.render())[1])["matinee_commands_total", (("kind", "seek"),)] == 4


async def test_nothing_is_known_of_a_certificate_that_there_is_not() -> None:
    assert b"certificate" not in (await Metrics().render())[1]


def test_durations_are_in_the_bucket_of_their_bound() -> None:
    timings = Timings()
    for duration in (0.0, BOUNDS[0], BOUNDS[-1], BOUNDS[-1] * 2):
        timings.observe(duration)
    assert timings.buckets[0] == (str(BOUNDS[0]), 2)
    assert timings.buckets[-2:] == [(str(BOUNDS[-1]), 3), ("+Inf", 4)]


async def test_a_loop_that_was_held_up_is_seen() -> None:
    now = [0.0]
    delays = Timings()
    watch = LoopWatch(delays, lambda: now[0], period=0.001)
    watch.begin()
    now[0] = 0.101
    await until(lambda: sum(delays.counts) >= 1)
    watch.end()
    watch.end()
    assert delays.total == pytest.approx(0.1)
    seen = sum(delays.counts)
    await asyncio.sleep(0)
    assert sum(delays.counts) == seen


@pytest.mark.parametrize(
    ("host", "headers", "networks", "may"),
    [
        ("127.0.0.1", set(), (), True),
        ("127.8.9.1", {b"host", b"user-agent"}, (), True),
        ("::1", set(), (), True),
        ("::ffff:127.0.0.1", set(), (), True),
        ("127.0.0.1", {b"x-forwarded-for"}, (), False),
        ("127.0.0.1", {b"forwarded"}, ("127.0.0.0/8",), False),
        ("192.0.2.1", set(), (), False),
        ("192.0.2.1", set(), ("192.0.2.0/24",), True),
        ("::ffff:192.0.2.1", set(), ("192.0.2.0/24",), True),
        ("192.0.2.1", set(), ("2001:db8::/32", "192.0.2.1"), True),
        ("192.0.2.1", {b"x-real-ip"}, ("192.0.2.0/24",), False),
        ("2001:db8::1", set(), ("192.0.2.0/24",), False),
        ("fe80::1%eth0", set(), ("fe80::/10",), True),
        ("", set(), ("0.0.0.0/0",), False),
    ],
)
def test_who_may_see_them(host: str, headers: set[bytes], networks: tuple[str, ...], may: bool) -> None:
    assert may_see(host, headers, networks) is may
