"""Metrics for Prometheus: the meter's numbers, and what can be read off the parts at the moment of asking.

Served on a port of their own (setting `metrics_port`), for whoever runs the installation: they are of all companies
together, and name none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, make_asgi_app  # pyright: ignore[reportUnknownVariableType]
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from callendar.contracts.meter import BOUNDS, Durations, Meter
from callendar.web.room import Room


class Told(Struct, frozen=True):
    """What a metric is of."""

    kind: str
    """`counter`, `histogram` (of seconds) or `gauge`."""
    help: str
    labels: tuple[str, ...] = ()


METRICS: Mapping[str, Told] = {
    "callendar_readings": Told("counter", "Readings of calendars that ended.", ("source", "outcome")),
    "callendar_reading_seconds": Told("histogram", "How long a reading took.", ("source",)),
    "callendar_rows_changed": Told("counter", "People's rows that changed."),
    "callendar_orders": Told("counter", "Orders by hand that were taken.", ("origin",)),
    "callendar_feed_events": Told("counter", "Events sent on feeds."),
    "callendar_http_requests": Told("counter", "Requests answered.", ("method", "route", "status")),
    "callendar_http_request_seconds": Told("histogram", "How long an answer took.", ("method", "route")),
    "callendar_refusals": Told("counter", "Answers that said no, failed sign-ins among them.", ("error",)),
    "callendar_loop_lag_seconds": Told("histogram", "How much later than asked for the event loop came back."),
    "callendar_transaction_seconds": Told("histogram", "How long a writing transaction took, its wait included."),
    "callendar_transactions_failed": Told("counter", "Writing transactions that were taken back."),
    "callendar_expansions_killed": Told("counter", "Workers that were killed as an object took too long."),
    "callendar_switchboard_shown": Told("counter", "States told to switchboards.", ("switchboard",)),
    "callendar_switchboard_failures": Told("counter", "Times that a switchboard was lost.", ("switchboard",)),
    "callendar_people": Told("gauge", "People held in memory."),
    "callendar_people_failing": Told("gauge", "People of whom a calendar cannot be read."),
    "callendar_companies": Told("gauge", "Companies held in memory."),
    "callendar_oldest_read_seconds": Told("gauge", "Age of the connection read longest ago.", ("source",)),
    "callendar_feeds_open": Told("gauge", "Feeds that are open."),
    "callendar_build_info": Told("gauge", "Always 1; the version stands in the label.", ("version",)),
}
"""All of ours, by name. Beside them stand those of Python and the process."""


class ServiceCollector(Collector):
    """Collects ours."""

    def __init__(self, room: Room) -> None:
        self._parts = room.parts
        self._room = room

    def collect(self) -> Iterable[Metric]:
        """Every metric, those that are still nothing too."""
        meter, gauges = self._parts.held.meter, self._gauges()
        meter.counts["callendar_feed_events"][()] = self._room.feeds.sent
        for name, told in METRICS.items():
            if told.kind == "counter":
                yield _counter(name, told, meter)
            elif told.kind == "histogram":
                yield _histogram(name, told, meter.durations[name])
            else:
                family = GaugeMetricFamily(name, told.help, labels=told.labels)
                for labels, value in gauges[name].items():
                    family.add_metric(list(labels), value)
                yield family

    def _gauges(self) -> dict[str, dict[tuple[str, ...], float]]:
        held, now = self._parts.held, self._parts.clock.now()
        rows = [row for company in held.companies.values() for row in company.rows.values()]
        ages: dict[tuple[str, ...], float] = {}
        for company in held.companies.values():
            for connection, read_at in company.read_at.items():
                kind = (company.kinds.get(connection, "unknown"),)
                ages[kind] = max(ages.get(kind, 0.0), (now - read_at).total_seconds())
        return {
            "callendar_people": {(): len(rows)},
            "callendar_people_failing": {(): sum(row.failing_since is not None for row in rows)},
            "callendar_companies": {(): len(held.companies)},
            "callendar_oldest_read_seconds": ages,
            "callendar_feeds_open": {(): self._room.feeds.open},
            "callendar_build_info": {(self._parts.version,): 1},
        }


def _counter(name: str, told: Told, meter: Meter) -> Metric:
    family = CounterMetricFamily(name, told.help, labels=told.labels)
    counts = dict(meter.counts[name]) or ({} if told.labels else {(): 0})
    for labels, value in counts.items():
        family.add_metric(list(labels), value)
    return family


def _histogram(name: str, told: Told, durations: Mapping[tuple[str, ...], Durations]) -> Metric:
    family = HistogramMetricFamily(name, told.help, labels=told.labels)
    for labels, each in dict(durations).items():
        so_far, buckets = 0, list[tuple[str, float]]()
        for bound, count in zip((*BOUNDS, float("inf")), each.buckets, strict=True):
            so_far += count
            buckets.append(("+Inf" if bound == float("inf") else str(bound), so_far))
        family.add_metric(list(labels), buckets, each.seconds)
    return family


def create_metrics(room: Room) -> Any:
    """The ASGI application that answers with all of them, at whatever path."""
    registry = CollectorRegistry()
    registry.register(ServiceCollector(room))
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return make_asgi_app(registry)  # pyright: ignore[reportUnknownVariableType]
