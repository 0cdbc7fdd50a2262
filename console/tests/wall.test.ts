import { describe, expect, it } from 'vitest';

import { parseInstant } from '../src/model/instant';
import type { Segment } from '../src/model/person';
import { axisOf, blocks, daySpan, reachFor, ticks, within } from '../src/model/picture';
import { age, clockTime, datePlus, startOfDate, timeThere, wallText, weekNumber } from '../src/model/wall';
import { at, person, segment, zone } from './cast';

describe('times on the wall', () => {
  it('name the day only when it is not today, and the month only when it is not this one', () => {
    expect(wallText(at('11:30'), at('09:00'), zone)).toBe('11:30');
    expect(wallText(parseInstant('2026-11-24T07:00:00Z'), at('09:00'), zone)).toBe('Tue 24 08:00');
    expect(wallText(parseInstant('2027-01-04T07:00:00Z'), at('09:00'), zone)).toBe('Mon 4 Jan 08:00');
  });

  it('are 24-hour, midnight being 00:00', () => {
    expect(clockTime(parseInstant('2026-11-23T23:00:00Z'), zone)).toBe('00:00');
  });

  it('say what the clock shows where she is, when that differs', () => {
    expect(timeThere(at('09:48'), 'Europe/Helsinki', zone)).toBe('10:48');
    expect(timeThere(at('09:48'), 'Europe/Oslo', zone)).toBeNull();
    expect(timeThere(at('09:48'), 'Moon/Base', zone)).toBeNull();
  });

  it('give ages in one unit and weeks as in a Nordic calendar', () => {
    expect([age(4_200), age(190_000), age(7_300_000)]).toEqual(['4 s', '3 min', '2 h']);
    expect([weekNumber('2026-11-23'), weekNumber('2027-01-03'), weekNumber('2027-01-04')]).toEqual([48, 53, 1]);
  });
});

describe('a local day', () => {
  it.each([
    ['2026-11-23', 24],
    ['2026-03-29', 23],
    ['2026-10-25', 25],
  ])('of %s has %i hours', (date, hours) => {
    const span = daySpan(date, zone);
    expect((span.end - span.start) / 3_600_000).toBe(hours);
  });

  it('begins at the first moment there is where midnight is skipped', () => {
    expect(startOfDate('2026-09-06', 'America/Santiago')).toBe(parseInstant('2026-09-06T04:00:00Z'));
    expect(datePlus('2026-12-31', 1)).toBe('2027-01-01');
  });
});

describe('the picture of a day', () => {
  const span = daySpan('2026-11-23', zone);

  const picture = (segments: readonly Segment[], now: number) => axisOf(span, reachFor([{ span, segments }], now));

  it('runs from 07 to 18 and widens for what lies outside, and for now', () => {
    expect(picture([], at('12:00'))).toEqual({ from: at('07:00'), to: at('18:00') });
    const { timetable } = person([segment('busy', '05:30', '06:00'), segment('busy', '19:00', '19:30')]);
    expect(picture(timetable, at('12:00'))).toEqual({ from: at('05:00'), to: at('20:00') });
    expect(picture([], at('23:30'))).toEqual({ from: at('07:00'), to: span.end });
  });

  it('is the same for every day, widened by the one that asks for most', () => {
    const early = { span, segments: person([segment('busy', '04:30', '06:00')]).timetable };
    const next = { span: daySpan('2026-11-24', zone), segments: [] };
    expect(reachFor([next, early], at('12:00'))).toEqual({ from: 4, to: 18 });
  });

  it('places pieces by their part of the axis, what is open to its end', () => {
    const { timetable } = person([segment('busy', '07:00', '12:30'), segment('referred', '12:30', null)]);
    const axis = axisOf(span, { from: 7, to: 18 });
    expect(blocks(within(timetable, span), axis).map(({ left, width }) => [left, width])).toEqual([
      [0, 0.5],
      [0.5, 0.5],
    ]);
  });

  it('leaves out an hour that would run into now', () => {
    const axis = picture([], at('09:10'));
    expect(ticks(axis, zone, at('09:10')).map((tick) => tick.label)).toEqual(['07', '11', '13', '15', '17']);
  });
});
