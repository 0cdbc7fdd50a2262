/** Everybody the console holds, and how the feed changes that. Pure: each event gives the next whole. */

import { type Instant, parseInstant, parseOptional } from './instant';
import { type Reads, readReads } from './freshness';
import { type Person, readPerson } from './person';
import type { WireLinesEvent, WirePeopleEvent, WireReads, WireReasonShown, WireSnapshot, WireTimeEvent } from './wire';

export type Held = {
  /** Where the feed is to go on from. */
  readonly version: string;
  /** By name; the order does not move while names stand. */
  readonly people: readonly Person[];
  readonly reads: Reads;
  readonly reasons: ReadonlyMap<string, WireReasonShown>;
  /** When the company opens next; null while it is open. */
  readonly opensAt: Instant | null;
};

export const nobody: Held = { version: '', people: [], reads: new Map(), reasons: new Map(), opensAt: null };

const names = new Intl.Collator('sv', { sensitivity: 'base', numeric: true });

function byName(one: Person, other: Person): number {
  return names.compare(one.name, other.name) || (one.id < other.id ? -1 : 1);
}

export function fromSnapshot(wire: WireSnapshot): Held {
  const listedUntil = parseInstant(wire.listed_until);
  return {
    version: wire.version,
    people: (wire.people ?? []).map((each) => readPerson(each, listedUntil)).sort(byName),
    reads: readReads(wire.fresh ?? {}),
    reasons: new Map(Object.entries(wire.reasons ?? {})),
    opensAt: parseOptional(wire.opens_at),
  };
}

/** Takes in changed rows; each keeps the `listed_until` it came with. */
export function withPeople(held: Held, event: WirePeopleEvent): Held {
  const listedUntil = parseInstant(event.listed_until);
  const changed = new Map((event.people ?? []).map((each) => [each.id, readPerson(each, listedUntil)]));
  const gone = new Set(event.gone ?? []);
  let moved = gone.size > 0;
  const people = held.people.flatMap((person) => {
    if (gone.has(person.id)) return [];
    const next = changed.get(person.id);
    if (next === undefined) return [person];
    changed.delete(person.id);
    moved ||= next.name !== person.name;
    return [next];
  });
  if (changed.size > 0 || moved) {
    people.push(...changed.values());
    people.sort(byName);
  }
  return { ...held, version: event.version, people };
}

export function withReads(held: Held, event: WireReads): Held {
  return { ...held, reads: new Map([...held.reads, ...readReads(event)]) };
}

export function withLines(held: Held, event: WireLinesEvent): Held {
  const people = held.people.map((person) => {
    const line = event[person.id];
    return line === undefined || line === person.line ? person : { ...person, line };
  });
  return { ...held, people };
}

export function withTime(held: Held, event: WireTimeEvent): Held {
  return { ...held, opensAt: parseOptional(event.opens_at) };
}
