/** A day as a picture: where each piece lies between the ends of the axis, in parts of its length. */

import { type Instant, hour } from './instant';
import type { Segment } from './person';
import { type WallDate, clockTime, datePlus, startOfDate, wallDate } from './wall';

export type Axis = { readonly from: Instant; readonly to: Instant };

/** A piece in the picture; `left` and `width` are parts of the axis, 0 to 1. */
export type Block = { readonly segment: Segment; readonly left: number; readonly width: number };

const usualStart = 7;
const usualEnd = 18;

export type DaySpan = { readonly date: WallDate; readonly start: Instant; readonly end: Instant };

/** A local day; 23 or 25 hours where the clock changes. */
export function daySpan(date: WallDate, zone: string): DaySpan {
  return { date, start: startOfDate(date, zone), end: startOfDate(datePlus(date, 1), zone) };
}

export function todaySpan(now: Instant, zone: string): DaySpan {
  return daySpan(wallDate(now, zone), zone);
}

/** The pieces that touch a day. */
export function within(timetable: readonly Segment[], span: { start: Instant; end: Instant }): Segment[] {
  return timetable.filter((each) => each.start < span.end && (each.end === null || each.end > span.start));
}

/** Hours after the day's start, from and to: the part of each day that is drawn. */
export type Reach = { readonly from: number; readonly to: number };

/**
 * What to draw of several days under one another: 07 to 18, wider where one of them or now asks for it.
 *
 * What lasts from end to end of a day asks for nothing: it fills whatever is drawn.
 */
export function reachFor(days: readonly { span: DaySpan; segments: readonly Segment[] }[], now: Instant): Reach {
  let from = usualStart;
  let to = usualEnd;
  const widen = (span: DaySpan, at: Instant): void => {
    if (at <= span.start || at >= span.end) return;
    from = Math.min(from, Math.floor((at - span.start) / hour));
    to = Math.max(to, Math.ceil((at - span.start) / hour));
  };
  for (const { span, segments } of days) {
    for (const { start, end } of segments) {
      widen(span, start);
      if (end !== null) widen(span, end);
    }
    if (span.start <= now && now < span.end) {
      widen(span, now - hour / 2);
      widen(span, Math.min(now + hour, span.end - 1));
    }
  }
  return { from, to };
}

/** The axis of one day, never past the day itself. */
export function axisOf(span: DaySpan, reach: Reach): Axis {
  return { from: span.start + reach.from * hour, to: Math.min(span.start + reach.to * hour, span.end) };
}

export function part(at: Instant, axis: Axis): number {
  return Math.min(1, Math.max(0, (at - axis.from) / (axis.to - axis.from)));
}

export function blocks(segments: readonly Segment[], axis: Axis): Block[] {
  return segments.flatMap((segment) => {
    const left = part(segment.start, axis);
    const width = (segment.end === null ? 1 : part(segment.end, axis)) - left;
    return width > 0 ? [{ segment, left, width }] : [];
  });
}

export type Tick = { readonly at: Instant; readonly left: number; readonly label: string };

/** Hours along the axis, `every` so many, none so near to now that the two would run together. */
export function ticks(axis: Axis, zone: string, now: Instant | null): Tick[] {
  const every = axis.to - axis.from > 14 * hour ? 3 * hour : 2 * hour;
  const found: Tick[] = [];
  for (let at = axis.from; at < axis.to; at += every) {
    const left = part(at, axis);
    if (now !== null && Math.abs(left - part(now, axis)) < 0.09) continue;
    found.push({ at, left, label: clockTime(at, zone).slice(0, 2) });
  }
  return found;
}
