import { describe, expect, it } from 'vitest';

import { parseInstant } from '../src/model/instant';
import { nextFreeAt, soonAt, stateAt, untilAt } from '../src/model/timetable';
import { at, listedUntil, person, segment, sent } from './cast';

describe('state at a moment', () => {
  it('holds from its start, the start included, to its end, the end not included', () => {
    const anna = person([segment('referred', '09:00', '10:00')]);
    expect(stateAt(anna, at('08:59:59')).kind).toBe('available');
    expect(stateAt(anna, at('09:00')).kind).toBe('referred');
    expect(stateAt(anna, at('09:59:59')).kind).toBe('referred');
    expect(stateAt(anna, at('10:00')).kind).toBe('available');
  });

  it('does not flash available between neighbours, and is available in a gap of one minute', () => {
    const anna = person([segment('busy', '09:00', '10:00'), segment('referred', '10:00', '11:00')]);
    expect(stateAt(anna, at('10:00')).kind).toBe('referred');
    const bo = person([segment('busy', '09:00', '10:00'), segment('busy', '10:01', '11:00')]);
    expect(stateAt(bo, at('10:00:30')).kind).toBe('available');
  });

  it('reads a note as available and still says which note', () => {
    const anna = person([segment('note', '09:00', '10:00', { text: 'Read the tender' })]);
    expect(stateAt(anna, at('09:30'))).toMatchObject({ kind: 'available', segment: { text: 'Read the tender' } });
  });

  it('goes on without end when no end was given', () => {
    const anna = person([segment('referred', '09:00', null, { origin: 'app' })]);
    expect(stateAt(anna, at('23:00')).kind).toBe('referred');
    expect(untilAt(anna, at('23:00'))).toBeNull();
  });

  it('is unknown from known_until on in gaps, notes and what calendars claim, while what was set by hand stays', () => {
    const known = { known_until: sent('12:00') };
    expect(stateAt(person([], known), at('11:59:59')).kind).toBe('available');
    expect(stateAt(person([], known), at('12:00')).kind).toBe('unknown');
    expect(stateAt(person([segment('note', '11:00', '13:00')], known), at('12:30')).kind).toBe('unknown');
    expect(stateAt(person([segment('busy', '11:00', '13:00')], known), at('12:30')).kind).toBe('unknown');
    const byHand = segment('referred', '11:00', '13:00', { origin: 'telephonist' });
    expect(stateAt(person([byHand], known), at('12:30')).kind).toBe('referred');
  });

  it('is unknown from listed_until on, whatever is held', () => {
    const anna = person([segment('referred', '09:00', null, { origin: 'app' })]);
    const end = parseInstant(listedUntil);
    expect(stateAt(anna, end - 1000).kind).toBe('referred');
    expect(stateAt(anna, end).kind).toBe('unknown');
  });
});

describe('soon', () => {
  const coming = (kind: 'note' | 'busy' | 'informed' | 'referred') => person([segment(kind, '10:00', '11:00')]);

  it.each(['note', 'informed', 'busy', 'referred'] as const)(
    'tells a %s that is to come to one who is free',
    (kind) => {
      expect(soonAt(coming(kind), at('09:18'))?.minutes).toBe(42);
    },
  );

  it('begins sixty minutes before, not a second earlier, and ends when it starts', () => {
    expect(soonAt(coming('busy'), at('08:59:59'))).toBeNull();
    expect(soonAt(coming('busy'), at('09:00'))?.minutes).toBe(60);
    expect(soonAt(coming('busy'), at('09:59:59'))?.minutes).toBe(1);
    expect(soonAt(coming('busy'), at('10:00'))).toBeNull();
  });

  it('rounds minutes up', () => {
    expect(soonAt(coming('busy'), at('09:18:01'))?.minutes).toBe(42);
    expect(soonAt(coming('busy'), at('09:17:59'))?.minutes).toBe(43);
  });

  it('is what makes her less reachable than now, and nothing else', () => {
    const now = (kind: 'note' | 'busy' | 'informed' | 'referred', next: 'note' | 'busy' | 'informed' | 'referred') =>
      soonAt(person([segment(kind, '09:00', '10:00'), segment(next, '10:00', '11:00')]), at('09:50'))?.minutes ?? null;
    expect(now('note', 'informed')).toBe(10);
    expect(now('informed', 'busy')).toBe(10);
    expect(now('busy', 'referred')).toBe(10);
    expect(now('busy', 'informed')).toBeNull();
    expect(now('note', 'note')).toBeNull();
    expect(now('referred', 'referred')).toBeNull();
  });

  it('passes over what lasts all day and what has no length, and goes on to the next', () => {
    const anna = person([
      segment('busy', '09:30', '09:30'),
      segment('referred', '09:40', '09:50', { all_day: true }),
      segment('busy', '09:51', '10:30'),
    ]);
    expect(soonAt(anna, at('09:20'))?.minutes).toBe(31);
  });

  it('is not told of what only goes on from something that touches it', () => {
    const allDay = segment('referred', '09:40', '09:50', { all_day: true });
    expect(soonAt(person([allDay, segment('busy', '09:50', '10:30')]), at('09:20'))).toBeNull();
    const note = segment('note', '09:40', '09:50', { all_day: true });
    expect(soonAt(person([note, segment('busy', '09:50', '10:30')]), at('09:20'))?.minutes).toBe(30);
  });

  it('is not told where nothing is known', () => {
    expect(soonAt(person([segment('busy', '10:00', '11:00')], { known_until: sent('09:00') }), at('09:30'))).toBeNull();
    expect(soonAt(person([segment('busy', '10:00', '11:00')], { known_until: sent('09:45') }), at('09:30'))).toBeNull();
  });
});

describe('next free', () => {
  const busy = segment('busy', '10:00', '11:00', { next_free: sent('11:00') });

  it('is the segment’s own inside a segment', () => {
    expect(nextFreeAt(person([busy]), at('10:30'), 15)).toBe(at('11:00'));
  });

  it('is not given in a gap that is long enough', () => {
    expect(nextFreeAt(person([busy]), at('09:45'), 15)).toBeNull();
  });

  it('is that of the segment ending a gap of which too little is left', () => {
    expect(nextFreeAt(person([busy]), at('09:45:01'), 15)).toBe(at('11:00'));
  });

  it('reads a note as the gap it is', () => {
    const noted = person([segment('note', '09:00', '09:50', { next_free: sent('12:00') }), busy]);
    expect(nextFreeAt(noted, at('09:30'), 15)).toBeNull();
    expect(nextFreeAt(noted, at('09:46'), 15)).toBe(at('11:00'));
  });

  it('is not given where nothing ends the gap', () => {
    expect(nextFreeAt(person([]), at('09:45'), 15)).toBeNull();
  });
});

describe('until', () => {
  it('is the end of a segment, and for one who is free the start of what comes, notes aside', () => {
    const anna = person([segment('note', '10:00', '11:00'), segment('busy', '12:00', '13:00')]);
    expect(untilAt(anna, at('09:00'))).toBe(at('12:00'));
    expect(untilAt(anna, at('10:30'))).toBe(at('12:00'));
    expect(untilAt(anna, at('12:30'))).toBe(at('13:00'));
  });
});
