/**
 * What is shown of a person at one moment: one answer to "can she take the call now", made from her timetable,
 * her line and how fresh her row is.
 */

import { type Freshness, type Reads, freshnessAt } from './freshness';
import type { Instant } from './instant';
import type { Person, Segment } from './person';
import { type Soon, nextFreeAt, soonAt, stateAt, untilAt } from './timetable';
import type { WireKind, WireReasonShown } from './wire';

export type GlyphName = 'free' | 'taken' | 'soon' | 'busy' | 'informed' | 'referred' | 'unknown';

export type Shown = {
  readonly person: Person;
  /** A stale *available* is unknown here; every other kind stays what it was when last read. */
  readonly kind: WireKind;
  readonly glyph: GlyphName;
  /** Nothing newer is known than `freshness.since`: shown grey. */
  readonly stale: boolean;
  readonly segment: Segment | null;
  readonly reason: { readonly label: string; readonly icon: string } | null;
  readonly text: string | null;
  readonly backAt: Instant | null;
  /** Nobody knows when she is back, but not before this. */
  readonly notBefore: Instant | null;
  readonly until: Instant | null;
  readonly soon: Soon | null;
  readonly nextFree: Instant | null;
  readonly freshness: Freshness;
};

const lineInTheWay = new Set(['ringing', 'talking', 'unreachable']);

function glyphOf(kind: WireKind, person: Person, soon: Soon | null): GlyphName {
  if (kind !== 'available') return kind;
  if (soon !== null) return 'soon';
  return lineInTheWay.has(person.line) ? 'taken' : 'free';
}

export function reasonShown(
  code: string | null,
  reasons: ReadonlyMap<string, WireReasonShown>,
): { label: string; icon: string } | null {
  if (code === null) return null;
  const known = reasons.get(code);
  return { label: known?.label ?? code, icon: known?.icon ?? 'calendar' };
}

export type Surroundings = {
  readonly reads: Reads;
  readonly reasons: ReadonlyMap<string, WireReasonShown>;
  readonly nextFreeMinutes: number;
};

export function showAt(person: Person, around: Surroundings, at: Instant): Shown {
  const state = stateAt(person, at);
  const freshness = freshnessAt(person, around.reads, at);
  const stale = freshness.state === 'stale';
  const kind = stale && state.kind === 'available' ? 'unknown' : state.kind;
  const soon = soonAt(person, at);
  const { segment } = state;
  return {
    person,
    kind,
    glyph: glyphOf(kind, person, soon),
    stale: stale || kind === 'unknown',
    segment,
    reason: reasonShown(segment?.reason ?? null, around.reasons),
    text: segment?.text ?? null,
    backAt: kind === 'referred' ? (segment?.backAt ?? null) : null,
    notBefore: kind === 'referred' ? (segment?.notBefore ?? null) : null,
    until: untilAt(person, at),
    soon,
    nextFree: nextFreeAt(person, at, around.nextFreeMinutes),
    freshness,
  };
}
