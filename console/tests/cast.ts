/** The same people for every test: a Monday in November in Stockholm, where nine o'clock is 08:00Z. */

import { type Held, fromSnapshot } from '../src/model/held';
import { type Instant, parseInstant } from '../src/model/instant';
import type { Person } from '../src/model/person';
import { readPerson } from '../src/model/person';
import type { Surroundings } from '../src/model/shown';
import type { WirePerson, WireSegment } from '../src/model/wire';

export const zone = 'Europe/Stockholm';
export const listedUntil = '2026-11-25T08:00:00Z';

/** A moment of that Monday by the clock on the wall in Stockholm: `at('09:30')`, `at('09:30:01')`. */
export function at(time: string): Instant {
  return parseInstant(`2026-11-23T${time.length === 5 ? `${time}:00` : time}Z`) - 3_600_000;
}

export function sent(time: string): string {
  return new Date(at(time)).toISOString().replace('.000Z', 'Z');
}

export function segment(kind: WireSegment['kind'], from: string, to: string | null, more: Partial<WireSegment> = {}) {
  const wire: WireSegment = {
    start: sent(from),
    kind,
    all_day: false,
    diverts: kind === 'referred',
    origin: 'calendar',
    planned: false,
    ...(to === null ? {} : { end: sent(to) }),
    ...(kind === 'referred' ? { reason: 'meeting' } : {}),
    ...more,
  };
  return wire;
}

export function row(timetable: WireSegment[] = [], more: Partial<WirePerson> = {}): WirePerson {
  return {
    id: 'p_anna',
    name: 'Anna Svensson',
    zone,
    extension: '101',
    freshness: { state: 'fresh', connections: ['c_1'] },
    timetable,
    ...more,
  };
}

export function person(timetable: WireSegment[] = [], more: Partial<WirePerson> = {}): Person {
  return readPerson(row(timetable, more), parseInstant(listedUntil));
}

export function held(...people: WirePerson[]): Held {
  return fromSnapshot({
    version: 'e-1',
    now: sent('09:00'),
    listed_until: listedUntil,
    reasons: { meeting: { label: 'Meeting', icon: 'users', color: '#c62828' } },
    people,
    fresh: { c_1: { read_at: sent('08:59:56'), stale_seconds: 7200 } },
  });
}

export const around: Surroundings = { ...held(), nextFreeMinutes: 15 };
