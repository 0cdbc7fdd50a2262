/**
 * Reading a timetable at one moment, as the server would have read it (rules.md §6 and §7).
 *
 * Everything here is a pure function of a held person and an instant: nothing is asked, so it goes on being true
 * when the server is gone.
 */

import { type Instant, hour, minute } from './instant';
import type { Person, Segment } from './person';
import type { WireKind } from './wire';

export type State = {
  readonly kind: WireKind;
  /** The segment that rules now; null in a gap and where nothing is known. A note is read as available. */
  readonly segment: Segment | null;
};

export type Soon = { readonly segment: Segment; readonly minutes: number };

const reach = { available: 0, note: 1, informed: 2, busy: 3, referred: 4 } as const;

const fromCalendars = new Set(['calendar', 'autoreply']);

export function isByHand(segment: Segment): boolean {
  return segment.origin !== null && !fromCalendars.has(segment.origin);
}

function touches(segment: Segment, at: Instant): boolean {
  return segment.start <= at && (segment.end === null || at < segment.end);
}

export function segmentAt(timetable: readonly Segment[], at: Instant): Segment | null {
  for (const segment of timetable) {
    if (segment.start > at) return null;
    if (touches(segment, at)) return segment;
  }
  return null;
}

/** Her state at one moment; past `knownUntil` only what was set by hand stays, past `listedUntil` nothing does. */
export function stateAt(person: Person, at: Instant): State {
  if (at >= person.listedUntil) return { kind: 'unknown', segment: null };
  const segment = segmentAt(person.timetable, at);
  if (person.knownUntil !== null && at >= person.knownUntil && !(segment && isByHand(segment))) {
    return { kind: 'unknown', segment: null };
  }
  if (segment === null || segment.kind === 'note') return { kind: 'available', segment };
  return { kind: segment.kind, segment };
}

/** Whether a segment goes on from one that touches it and already makes her as little reachable, or less. */
function continues(before: Segment | undefined, segment: Segment): boolean {
  return before?.end === segment.start && reach[before.kind] >= reach[segment.kind];
}

/**
 * The first thing within an hour that makes her less reachable than now; minutes round up. Null while referred.
 *
 * Neither what lasts all day, nor what has no length, nor what only goes on.
 */
export function soonAt(person: Person, at: Instant): Soon | null {
  const now = stateAt(person, at);
  if (now.kind === 'unknown' || now.kind === 'referred') return null;
  const level = now.segment === null ? reach.available : reach[now.segment.kind];
  for (const [place, segment] of person.timetable.entries()) {
    if (segment.start <= at) continue;
    if (segment.start - at > hour) return null;
    if (segment.allDay || segment.end === segment.start || reach[segment.kind] <= level) continue;
    if (continues(person.timetable[place - 1], segment)) continue;
    if (person.knownUntil !== null && segment.start >= person.knownUntil && !isByHand(segment)) continue;
    return { segment, minutes: Math.ceil((segment.start - at) / minute) };
  }
  return null;
}

/** The first segment after this moment that is no note: what a gap, notes aside, ends in. */
export function comingAfter(person: Person, at: Instant): Segment | null {
  return person.timetable.find((segment) => segment.start > at && segment.kind !== 'note') ?? null;
}

/**
 * When she next has a free stretch of `minutes`; null when that is now, or not known.
 *
 * Inside a segment the segment's own; in a gap, or in a note, which reads as one, that of the segment that ends it.
 */
export function nextFreeAt(person: Person, at: Instant, minutes: number): Instant | null {
  const { kind, segment } = stateAt(person, at);
  if (kind === 'unknown') return null;
  if (segment !== null && segment.kind !== 'note') return segment.nextFree;
  const coming = comingAfter(person, at);
  return coming !== null && coming.start - at < minutes * minute ? coming.nextFree : null;
}

/** Until when the state at this moment holds: the end of a segment, or what ends a free stretch. Null: no end held. */
export function untilAt(person: Person, at: Instant): Instant | null {
  const { kind, segment } = stateAt(person, at);
  if (kind === 'unknown') return null;
  return kind === 'available' ? (comingAfter(person, at)?.start ?? null) : (segment?.end ?? null);
}
