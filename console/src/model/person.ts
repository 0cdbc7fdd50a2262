/** A person as the console holds her: the fixed part, her timetable and how far it is true. */

import { type Instant, parseInstant, parseOptional } from './instant';
import type { WireFreshnessState, WireLine, WireOrigin, WirePerson, WireSegment, WireSegmentKind } from './wire';

export type Segment = {
  readonly start: Instant;
  /** Null: no end. */
  readonly end: Instant | null;
  readonly allDay: boolean;
  readonly kind: WireSegmentKind;
  /** Code of the reason, null for busy and notes. */
  readonly reason: string | null;
  readonly diverts: boolean;
  readonly origin: WireOrigin | null;
  readonly planned: boolean;
  /** Null when there is none, or none that this viewer may see. */
  readonly text: string | null;
  readonly backAt: Instant | null;
  readonly notBefore: Instant | null;
  readonly then: string | null;
  readonly nextFree: Instant | null;
  readonly setBy: string | null;
  readonly divertTo: string | null;
};

export type Person = {
  readonly id: string;
  readonly name: string;
  readonly names: readonly string[];
  readonly extension: string;
  /** Every number she has, the first one included. */
  readonly numbers: readonly string[];
  readonly email: string;
  readonly department: string;
  readonly title: string;
  readonly zone: string;
  readonly line: WireLine;
  readonly freshness: {
    readonly said: WireFreshnessState;
    readonly failingSince: Instant | null;
    readonly connections: readonly string[];
  };
  /** Calendars are read up to here; null without calendars. */
  readonly knownUntil: Instant | null;
  /** The timetable below is the whole truth up to here, and nothing after it. */
  readonly listedUntil: Instant;
  /** Ordered, not overlapping, half-open; gaps are available. */
  readonly timetable: readonly Segment[];
};

export function readSegment(wire: WireSegment): Segment {
  return {
    start: parseInstant(wire.start),
    end: parseOptional(wire.end),
    allDay: wire.all_day,
    kind: wire.kind,
    reason: wire.reason ?? null,
    diverts: wire.diverts,
    origin: wire.origin ?? null,
    planned: wire.planned ?? false,
    text: wire.text ?? null,
    backAt: parseOptional(wire.back_at),
    notBefore: parseOptional(wire.not_before),
    then: wire.then ?? null,
    nextFree: parseOptional(wire.next_free),
    setBy: wire.set_by ?? null,
    divertTo: wire.divert_to ?? null,
  };
}

export function readPerson(wire: WirePerson, listedUntil: Instant): Person {
  const extension = wire.extension ?? wire.extensions?.[0]?.number ?? '';
  const numbers = new Set([extension, ...(wire.extensions ?? []).map((each) => each.number)]);
  numbers.delete('');
  return {
    id: wire.id,
    name: wire.name,
    names: wire.names ?? [],
    extension,
    numbers: [...numbers],
    email: wire.email ?? '',
    department: wire.department ?? '',
    title: wire.title ?? '',
    zone: wire.zone,
    line: wire.line ?? 'unknown',
    freshness: {
      said: wire.freshness?.state ?? 'none',
      failingSince: parseOptional(wire.freshness?.failing_since),
      connections: wire.freshness?.connections ?? [],
    },
    knownUntil: parseOptional(wire.known_until),
    listedUntil,
    timetable: (wire.timetable ?? []).map(readSegment),
  };
}
