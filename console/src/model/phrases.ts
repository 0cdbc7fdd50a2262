/** What the console says, in English. Words of the trade: free, busy, away, back, until. */

import { type Instant, minute, second } from './instant';
import type { Segment } from './person';
import type { Shown } from './shown';
import type { Soon } from './timetable';
import { age, wall, wallDate, wallText } from './wall';

/** The word for the state, beside the glyph. */
/** An unknown mark, asked about once. */
export function noticeWords(notice: { word: string; suggestion: string }): string {
  return `A booking of yours begins with “${notice.word}”, which is no mark. Did you mean “${notice.suggestion}:”?`;
}

export function stateWord(shown: Shown): string {
  switch (shown.kind) {
    case 'available':
      return 'Free';
    case 'busy':
      return 'Busy';
    case 'unknown':
      return 'Unknown';
    case 'informed':
    case 'referred':
      return shown.reason?.label ?? 'Away';
  }
}

/** What the glyph says to those who do not see it. */
export function glyphWord(shown: Shown): string {
  const words = {
    free: 'Free',
    taken: 'Free, but the phone is not',
    soon: 'Free, soon away',
    busy: 'Busy, the phone rings',
    informed: 'Informs, the phone rings',
    referred: 'Away, the phone does not ring',
    unknown: 'Unknown',
  } as const;
  return words[shown.glyph] + (shown.freshness.state === 'stale' ? ', not read lately' : '');
}

/** `Free until 13:00`, `Free all day`. */
export function freeWords(shown: Shown, now: Instant, zone: string): string {
  if (shown.until === null || wallDate(shown.until, zone) !== wallDate(now, zone)) return 'Free all day';
  return `Free until ${wallText(shown.until, now, zone)}`;
}

/** `not before Wed 25` */
export function notBeforeWords(at: Instant, now: Instant, zone: string): string {
  const { day, time } = wall(at, now, zone);
  return `not before ${day ?? time}`;
}

/** Why a row cannot be trusted in full; null when it can. */
export function freshnessWords(shown: Shown, now: Instant, zone: string): string | null {
  const { state, since } = shown.freshness;
  if (state === 'stale') return since === null ? 'never read' : `last read ${wallText(since, now, zone)}`;
  if (state === 'failing') return since === null ? 'silent' : `silent since ${wallText(since, now, zone)}`;
  if (shown.kind === 'unknown') return 'not read this far';
  return state === 'none' ? 'no calendar' : null;
}

/** The same as a sentence of its own. */
export function freshnessSentence(shown: Shown, now: Instant, zone: string): string | null {
  const { state, since } = shown.freshness;
  const at = since === null ? null : wallText(since, now, zone);
  switch (state) {
    case 'none':
      return 'No calendar is connected: only what is set by hand is known.';
    case 'failing':
      return `The calendar does not answer${at === null ? '' : ` since ${at}`}: what was read before stands.`;
    case 'stale':
      return at === null ? 'The calendar was never read.' : `Nothing new is known since ${at}.`;
    case 'fresh':
      return null;
  }
}

function backWords(shown: Shown, now: Instant, zone: string, label: (code: string) => string): string {
  const then = shown.segment?.then ? ` Then ${label(shown.segment.then).toLowerCase()}.` : '';
  if (shown.backAt !== null) {
    const { day, time } = wall(shown.backAt, now, zone);
    return `${then} Back ${day === null ? '' : `${day} `}at ${time}.`;
  }
  if (shown.notBefore !== null) return `${then} Back ${notBeforeWords(shown.notBefore, now, zone)}.`;
  return `${then} No end given.`;
}

/** The answer about a person as a sentence: `Meeting. Back at 11:30.` */
export function answerWords(shown: Shown, now: Instant, zone: string, label: (code: string) => string): string {
  switch (shown.kind) {
    case 'available': {
      if (shown.soon === null) return `${freeWords(shown, now, zone)}.`;
      return `Free for ${shown.soon.minutes} min.`;
    }
    case 'busy':
      return shown.until === null ? 'Busy.' : `Busy until ${wallText(shown.until, now, zone)}.`;
    case 'informed': {
      const until = shown.until === null ? '' : ` until ${wallText(shown.until, now, zone)}`;
      return `${stateWord(shown)}${until}.`;
    }
    case 'referred':
      return `${stateWord(shown)}.${backWords(shown, now, zone, label)}`;
    case 'unknown':
      return 'Not known.';
  }
}

/** What happens to a call now, and what comes after. */
export function callWords(shown: Shown, now: Instant, zone: string, label: (code: string) => string): string {
  const { person, soon } = shown;
  if (shown.kind === 'unknown') {
    if (shown.freshness.state !== 'stale') return 'Calendars are not read this far ahead.';
    return shown.until === null
      ? 'Free when last read.'
      : `Free until ${wallText(shown.until, now, zone)} when last read.`;
  }
  const rings =
    shown.kind === 'referred'
      ? `Calls${person.extension ? ` to ${person.extension}` : ''} do not ring.${divertWords(shown.segment)}`
      : 'The phone rings.';
  const coming = soon === null ? '' : ` ${comingWords(soon, shown.kind === 'available', now, zone, label)}`;
  const free = shown.nextFree;
  const plain = shown.kind === 'referred' ? shown.backAt : shown.until;
  const later = free !== null && free !== plain && shown.kind !== 'available';
  return `${rings}${coming}${later ? ` Next free ${wallText(free, now, zone)}.` : ''}`;
}

/** `Then meeting until 11:00.` after "Free for 12 min."; else `Meeting in 42 min.` */
function comingWords(soon: Soon, told: boolean, now: Instant, zone: string, label: (code: string) => string): string {
  const word = segmentWord(soon.segment, label);
  if (!told) return `${word} in ${soon.minutes} min.`;
  const { end } = soon.segment;
  return `Then ${word.toLowerCase()}${end === null ? '' : ` until ${wallText(end, now, zone)}`}.`;
}

function divertWords(segment: Segment | null): string {
  return segment?.divertTo ? ` They go to ${segment.divertTo}.` : '';
}

/** Why she is shown so, from what is held; the server says it in more words. */
export function whyWords(shown: Shown, now: Instant, zone: string): string {
  const { segment } = shown;
  if (segment === null) return shown.kind === 'available' ? 'Nothing booked now.' : '';
  const from = wallText(segment.start, now, zone);
  const span = segment.end === null ? `since ${from}` : `${from}–${wallText(segment.end, now, zone)}`;
  if (segment.setBy !== null) return `Set by ${segment.setBy}, ${span}.`;
  switch (segment.origin) {
    case 'calendar':
      return `In the calendar, ${span}.`;
    case 'autoreply':
      return `Automatic reply, ${span}.`;
    case null:
      return segment.allDay ? 'All day.' : `${span}.`;
    default:
      return `Set by hand, ${span}.`;
  }
}

/** The name of a piece of a day. */
export function segmentWord(segment: Segment, label: (code: string) => string): string {
  if (segment.kind === 'busy') return 'Busy';
  if (segment.kind === 'note') return 'Note';
  return segment.reason === null ? 'Away' : label(segment.reason);
}

/** `now`, `in 12 min`, `rings`: what stands at the end of a line of the day. */
export function segmentNote(segment: Segment, now: Instant): string {
  if (segment.start <= now) return segment.kind === 'referred' ? 'now' : 'now, rings';
  const minutes = Math.ceil((segment.start - now) / minute);
  if (minutes <= 60) return `in ${minutes} min`;
  return segment.kind === 'referred' ? '' : 'rings';
}

/** How old a read is, in words for the status line. */
export function readWords(readAt: Instant, now: Instant): string {
  return now - readAt < second ? 'just now' : `${age(now - readAt)} ago`;
}

export const lineWords = {
  unknown: '',
  idle: '',
  ringing: 'Ringing',
  talking: 'Talking',
  unreachable: 'No phone',
} as const;
