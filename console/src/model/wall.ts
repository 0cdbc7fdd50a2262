/** Wall-clock time: made here, at the edge, in the zone of whoever looks. 24 hours always. */

import { type Instant, day, hour } from './instant';

/** A date as people write it in the zone meant: `2026-11-23`. */
export type WallDate = string;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = zone + JSON.stringify(options);
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options });
    formats.set(key, found);
  }
  return found;
}

/** `09:05` */
export function clockTime(at: Instant, zone: string): string {
  return format(zone, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);
}

export function wallDate(at: Instant, zone: string): WallDate {
  const parts = format(zone, { year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(at);
  const part = (type: string): string => parts.find((each) => each.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
}

/** `Tue 24`, or `Mon 4 Jan` when it is not in the month of `now`. */
export function dayName(at: Instant, now: Instant, zone: string): string {
  const near = wallDate(at, zone).slice(0, 7) === wallDate(now, zone).slice(0, 7);
  const options: Intl.DateTimeFormatOptions = { weekday: 'short', day: 'numeric' };
  return format(zone, near ? options : { ...options, month: 'short' })
    .format(at)
    .replace(',', '');
}

export function longDate(at: Instant, zone: string): string {
  return format(zone, { weekday: 'short', day: 'numeric', month: 'short' }).format(at).replace(',', '');
}

export type Wall = { readonly day: string | null; readonly time: string };

/** A moment as it is written beside a name: the day only when it is not today. */
export function wall(at: Instant, now: Instant, zone: string): Wall {
  const today = wallDate(at, zone) === wallDate(now, zone);
  return { day: today ? null : dayName(at, now, zone), time: clockTime(at, zone) };
}

export function wallText(at: Instant, now: Instant, zone: string): string {
  const { day: name, time } = wall(at, now, zone);
  return name === null ? time : `${name} ${time}`;
}

function offsetAt(at: Instant, zone: string): number {
  const parts = format(zone, {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(at);
  const part = (type: string): number => Number(parts.find((each) => each.type === type)?.value);
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) - at;
}

/** The instant a date begins in a zone; where midnight is skipped, the first moment there is. */
export function startOfDate(date: WallDate, zone: string): Instant {
  const wanted = Date.parse(`${date}T00:00:00Z`);
  const first = wanted - offsetAt(wanted, zone);
  const start = wanted - offsetAt(first, zone);
  return wallDate(start, zone) === date ? start : start + hour;
}

/** The date `days` after this one. */
export function datePlus(date: WallDate, days: number): WallDate {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * day).toISOString().slice(0, 10);
}

/** `10:48` in her zone when her clock differs from the viewer's now; else null. */
export function timeThere(at: Instant, there: string, here: string): string | null {
  let time: string;
  try {
    time = clockTime(at, there);
  } catch (error) {
    // A browser older than the zone's name cannot show it; the viewer's own time is still true.
    if (error instanceof RangeError) return null;
    throw error;
  }
  return time === clockTime(at, here) ? null : time;
}

/** `4 s`, `3 min`, `2 h`: an age in the largest unit that is not zero. */
export function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor((seconds * 1000) / hour)} h`;
}

/** ISO week of a date. */
export function weekNumber(date: WallDate): number {
  const noon = Date.parse(`${date}T12:00:00Z`);
  const weekday = (new Date(noon).getUTCDay() + 6) % 7;
  const thursday = new Date(noon + (3 - weekday) * day);
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  return Math.floor((thursday.getTime() - first) / (7 * day)) + 1;
}
