import { describe, expect, it } from 'vitest';

import { parseInstant } from '../src/model/instant';
import { withLines, withPeople, withReads, withTime } from '../src/model/held';
import { held, listedUntil, row, segment, sent } from './cast';

const later = '2026-11-26T08:00:00Z';
const start = held(
  row([], { id: 'p_b', name: 'Åsa Björk' }),
  row([], { id: 'p_a', name: 'Anna Svensson' }),
  row([], { id: 'p_o', name: 'Östen Öberg' }),
);
const namesOf = (of: typeof start) => of.people.map((person) => person.name);

describe('the snapshot', () => {
  it('is held by name, as names are ordered in Swedish', () => {
    expect(namesOf(start)).toEqual(['Anna Svensson', 'Åsa Björk', 'Östen Öberg']);
  });
});

describe('a people event', () => {
  it('replaces the rows it brings, each true as far as it says, and leaves the others alone', () => {
    const next = withPeople(start, {
      version: 'e-2',
      now: sent('09:01'),
      listed_until: later,
      people: [row([segment('busy', '09:00', '10:00')], { id: 'p_b', name: 'Åsa Björk' })],
    });
    expect(next.version).toBe('e-2');
    expect(next.people.map((person) => person.listedUntil)).toEqual(
      [listedUntil, later, listedUntil].map(parseInstant),
    );
    expect(next.people[0]).toBe(start.people[0]);
    expect(next.people[1]?.timetable).toHaveLength(1);
  });

  it('adds a newcomer at her place, moves one who changed her name, and lets go of one who is gone', () => {
    const event = { version: 'e-3', now: sent('09:01'), listed_until: later };
    const added = withPeople(start, { ...event, people: [row([], { id: 'p_n', name: 'Bo Åkesson' })] });
    expect(namesOf(added)).toEqual(['Anna Svensson', 'Bo Åkesson', 'Åsa Björk', 'Östen Öberg']);
    const renamed = withPeople(added, { ...event, people: [row([], { id: 'p_a', name: 'Örjan Svensson' })] });
    expect(namesOf(renamed)).toEqual(['Bo Åkesson', 'Åsa Björk', 'Örjan Svensson', 'Östen Öberg']);
    expect(namesOf(withPeople(renamed, { ...event, gone: ['p_n', 'p_o'] }))).toEqual(['Åsa Björk', 'Örjan Svensson']);
  });
});

describe('small events', () => {
  it('take in what was read, line states and opening, and make no version', () => {
    const read = withReads(start, { c_2: { read_at: sent('09:00'), stale_seconds: 60 } });
    expect([...read.reads.keys()]).toEqual(['c_1', 'c_2']);
    const talking = withLines(read, { p_a: 'talking', p_stranger: 'ringing' });
    expect(talking.people.map((person) => person.line)).toEqual(['talking', 'unknown', 'unknown']);
    expect(talking.people[1]).toBe(read.people[1]);
    expect(withTime(talking, { now: sent('09:00'), opens_at: later }).opensAt).toBe(parseInstant(later));
    expect(talking.version).toBe('e-1');
  });
});
