/** What a telephonist types when she sets a referral, made into what the server takes. */

import type { WireReferral } from './wire';

export type End =
  | { readonly choice: 'usual' }
  | { readonly choice: 'none' }
  /** As typed; a time of day or a date, both in the person's own zone. */
  | { readonly choice: 'typed'; readonly typed: string };

export type Entry = {
  readonly reason: string;
  readonly end: End;
  readonly text: string;
  /** False: calls ring, it only informs. */
  readonly diverts: boolean;
};

export type TypedEnd = { readonly value: string } | { readonly fault: string };

const advice = 'Type a time like 13:00 or a date like 2026-12-01.';

/** `1300`, `13.00`, `9` and `09:30` are times; `2026-12-01` is a date. */
export function readEnd(typed: string): TypedEnd {
  const text = typed.trim();
  const date = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (date) {
    const read = new Date(`${text}T00:00:00Z`);
    const real = !Number.isNaN(read.getTime()) && read.toISOString().startsWith(text);
    return real ? { value: text } : { fault: `${text} is no date.` };
  }
  const time = /^(\d{1,2})(?:[:.]?(\d{2}))?$/.exec(text);
  if (!time) return { fault: advice };
  const [, hours = '', minutes = '00'] = time;
  if (Number(hours) > 23 || Number(minutes) > 59) return { fault: `${text} is no time of day.` };
  return { value: `${hours.padStart(2, '0')}:${minutes}` };
}

/** The body to send, or what is wrong with what was typed. */
export function readEntry(entry: Entry): { readonly body: WireReferral } | { readonly fault: string } {
  const body: WireReferral = { reason: entry.reason };
  if (entry.end.choice === 'none') body.until = null;
  if (entry.end.choice === 'typed') {
    const end = readEnd(entry.end.typed);
    if ('fault' in end) return end;
    body.until = end.value;
  }
  if (!entry.diverts) body.diverts = false;
  const text = entry.text.trim();
  if (text !== '') body.text = text;
  return { body };
}
