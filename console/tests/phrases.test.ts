import { describe, expect, it } from 'vitest';

import { readReads } from '../src/model/freshness';
import { answerWords, callWords, freeWords, freshnessWords, whyWords } from '../src/model/phrases';
import { showAt } from '../src/model/shown';
import type { WirePerson, WireSegment } from '../src/model/wire';
import { around, at, person, segment, sent, zone } from './cast';

const now = at('09:48');
const label = (code: string): string => ({ meeting: 'Meeting', holiday: 'Holiday' })[code] ?? code;
const show = (timetable: WireSegment[], more: Partial<WirePerson> = {}) => showAt(person(timetable, more), around, now);
const answer = (...segments: WireSegment[]) => answerWords(show(segments), now, zone, label);
const calls = (...segments: WireSegment[]) => callWords(show(segments), now, zone, label);

describe('the answer', () => {
  it('says when she is back, and from what', () => {
    expect(answer(segment('referred', '09:00', '11:30', { back_at: sent('11:30') }))).toBe('Meeting. Back at 11:30.');
    const chain = { back_at: '2026-11-30T07:00:00Z', then: 'holiday' };
    expect(answer(segment('referred', '09:00', '11:30', chain))).toBe('Meeting. Then holiday. Back Mon 30 at 08:00.');
    const open = { not_before: '2026-11-25T07:00:00Z' };
    expect(answer(segment('referred', '09:00', null, open))).toBe('Meeting. Back not before Wed 25.');
    expect(answer(segment('referred', '09:00', null))).toBe('Meeting. No end given.');
  });

  it('says until when one who can be rung is busy, informed or free', () => {
    expect(answer(segment('busy', '09:00', '10:30'))).toBe('Busy until 10:30.');
    expect(answer(segment('informed', '09:00', '11:00', { reason: 'meeting' }))).toBe('Meeting until 11:00.');
    expect(answer(segment('busy', '13:00', '14:00'))).toBe('Free until 13:00.');
    expect(answer(segment('busy', '10:00', '11:00'))).toBe('Free for 12 min.');
    expect(answer()).toBe('Free all day.');
  });

  it('reads away where the reason is not told', () => {
    const { reason: _, ...hidden } = segment('referred', '09:00', '11:00', { back_at: sent('11:00') });
    expect(answer(hidden)).toBe('Away. Back at 11:00.');
  });
});

describe('what happens to a call', () => {
  it('is that it rings, or does not, and where it goes', () => {
    expect(calls()).toBe('The phone rings.');
    const away = segment('referred', '09:00', '11:00', { back_at: sent('11:00'), next_free: sent('11:00') });
    expect(calls(away)).toBe('Calls to 101 do not ring.');
    expect(calls({ ...away, divert_to: '0701' })).toBe('Calls to 101 do not ring. They go to 0701.');
  });

  it('names what comes, and the next free stretch when it is not simply the end', () => {
    expect(calls(segment('busy', '10:00', '11:00'))).toBe('The phone rings. Then busy until 11:00.');
    const busy = segment('busy', '09:00', '10:00', { next_free: sent('12:00') });
    expect(calls(busy, segment('referred', '10:00', '12:00'))).toBe(
      'The phone rings. Meeting in 12 min. Next free 12:00.',
    );
  });
});

describe('beside the state', () => {
  it('stands why a row cannot be trusted, and nothing when it can', () => {
    expect(freshnessWords(show([]), now, zone)).toBeNull();
    expect(freshnessWords(show([], { freshness: { state: 'none' } }), now, zone)).toBe('no calendar');
    const failing = { state: 'failing', failing_since: sent('08:48'), connections: ['c_1'] } as const;
    expect(freshnessWords(show([], { freshness: { ...failing, connections: ['c_1'] } }), now, zone)).toBe(
      'silent since 08:48',
    );
    const old = { ...around, reads: readReads({ c_1: { read_at: sent('06:41'), stale_seconds: 7200 } }) };
    expect(freshnessWords(showAt(person(), old, now), now, zone)).toBe('last read 06:41');
    expect(freshnessWords(show([], { known_until: sent('09:00') }), now, zone)).toBe('not read this far');
  });

  it('stands that free time ends another day as free all day', () => {
    const tomorrow = {
      ...segment('busy', '09:00', '10:00'),
      start: '2026-11-24T08:00:00Z',
      end: '2026-11-24T09:00:00Z',
    };
    expect(freeWords(show([tomorrow]), now, zone)).toBe('Free all day');
  });

  it('stands why, from what is held, when the server cannot be asked', () => {
    expect(whyWords(show([segment('busy', '09:00', '11:00')]), now, zone)).toBe('In the calendar, 09:00–11:00.');
    const byHand = segment('referred', '09:00', null, { origin: 'telephonist', set_by: 'Karin Lund' });
    expect(whyWords(show([byHand]), now, zone)).toBe('Set by Karin Lund, since 09:00.');
    expect(whyWords(show([]), now, zone)).toBe('Nothing booked now.');
  });
});
