/** The people of the gallery: one for every state a row can be in, around whatever time it is now. */

import { type Instant, day, hour, minute } from '../model/instant';
import type { WireFreshness, WirePerson, WireReason, WireSegment, WireSnapshot } from '../model/wire';

export const reasons: WireReason[] = [
  ['meeting', 'Meeting', 'users'],
  ['lunch', 'Lunch', 'utensils'],
  ['gone', 'Gone', 'door'],
  ['trip', 'Business trip', 'suitcase'],
  ['course', 'Course', 'book'],
  ['out', 'Out', 'sign-out'],
  ['holiday', 'Holiday', 'sun'],
  ['sick', 'Sick', 'neutral'],
  ['sick_child', 'Sick child', 'neutral'],
  ['leave', 'Leave', 'neutral'],
  ['part_time', 'Part time', 'clock'],
  ['away', 'Away', 'calendar'],
].map(([code = '', label = '', icon = ''], index) => ({ code, label, icon, phone: index + 1 }));

export function sent(at: Instant): string {
  return `${new Date(Math.floor(at / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

type Piece = Partial<WireSegment> & { kind: WireSegment['kind']; from: number; to: number | null };

/** Minutes from now become instants. */
function segments(now: Instant, pieces: readonly Piece[]): WireSegment[] {
  return pieces.map(({ from, to, ...more }) => {
    const end = to === null ? null : sent(now + to * minute);
    const referred = more.kind === 'referred';
    return {
      start: sent(now + from * minute),
      all_day: false,
      diverts: referred,
      origin: 'calendar',
      planned: false,
      ...(end === null ? {} : { end, next_free: end }),
      ...(referred ? { reason: 'meeting' } : {}),
      ...(referred && end !== null && more.not_before === undefined ? { back_at: end } : {}),
      ...more,
    };
  });
}

type Member = { name: string; day?: Piece[]; more?: Partial<WirePerson> };

function members(now: Instant): Member[] {
  const old: WireFreshness = { state: 'stale', failing_since: sent(now - 3 * hour), connections: ['c_old'] };
  const silent: WireFreshness = { state: 'failing', failing_since: sent(now - 25 * minute), connections: ['c_1'] };
  const meeting: Piece = { kind: 'referred', from: -48, to: 72, text: 'Budget 2027' };
  return [
    { name: 'Anders Free', day: [{ kind: 'busy', from: 190, to: 250 }] },
    { name: 'Ane Soon', day: [{ kind: 'referred', from: 12, to: 72, text: 'Tender review' }] },
    { name: 'Anna Referred', day: [meeting, { kind: 'note', from: 150, to: 210, text: 'Read the tender' }] },
    { name: 'Bo Open End', day: [{ kind: 'referred', from: -600, to: null, reason: 'leave' }] },
    {
      name: 'Cecilia Not Before',
      day: [{ kind: 'referred', from: -600, to: null, reason: 'sick', not_before: sent(now + 2 * day) }],
    },
    { name: 'David Busy', day: [{ kind: 'busy', from: -18, to: 42, text: 'Change board' }] },
    { name: 'Elin Informs', day: [{ kind: 'informed', from: -30, to: 60, reason: 'meeting', text: 'Do ring' }] },
    {
      name: 'Fanny By Hand',
      day: [{ kind: 'referred', from: -5, to: 55, reason: 'lunch', origin: 'telephonist', set_by: 'Karin Lund' }],
    },
    { name: 'Gun Stale Free', more: { freshness: old } },
    { name: 'Hans Stale Meeting', day: [meeting], more: { freshness: old } },
    { name: 'Ida Silent', more: { freshness: silent } },
    { name: 'Jan Unread', more: { known_until: sent(now - minute) } },
    { name: 'Karl No Calendar', more: { freshness: { state: 'none' } } },
    { name: 'Lena Talking', more: { line: 'talking' } },
    { name: 'Maja Ringing', day: [{ kind: 'busy', from: 40, to: 80 }], more: { line: 'ringing' } },
    { name: 'Nils No Phone', more: { line: 'unreachable' } },
    { name: 'Olivia Elsewhere', day: [{ kind: 'busy', from: -60, to: 30 }], more: { zone: 'Asia/Tokyo' } },
    {
      name: 'Per-Axel Wolfeschlegelsteinhausenbergerdorff av Långnamn',
      day: [
        { kind: 'referred', from: -60, to: 3 * 24 * 60, reason: 'trip', text: 'A text that goes on and on and on' },
      ],
      more: { department: 'Department of Very Long Names and Longer Titles', title: 'Deputy assistant of titles' },
    },
    { name: 'Åsa Flips', day: [{ kind: 'referred', from: 0.2, to: 0.6, text: 'In 12 seconds' }] },
  ];
}

/** As many people as asked for, the same ones over again after the first. */
export function snapshot(now: Instant, count: number | null): WireSnapshot {
  const cast = members(now);
  const wanted = count ?? cast.length;
  const people = Array.from({ length: wanted }, (_, index): WirePerson => {
    const member = cast[index % cast.length] ?? { name: '' };
    const turn = Math.floor(index / cast.length);
    return {
      id: `p_${index}`,
      name: turn === 0 ? member.name : `${member.name} ${turn}`,
      extension: String(101 + index),
      department: ['Sales', 'Finance', 'IT support'][index % 3] ?? '',
      title: 'Engineer',
      zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      line: 'idle',
      freshness: { state: 'fresh', connections: ['c_1'] },
      timetable: segments(now, member.day ?? []),
      ...member.more,
    };
  });
  return {
    version: 'gallery-1',
    now: sent(now),
    listed_until: sent(now + 2 * day),
    reasons: Object.fromEntries(
      reasons.map(({ code, label, icon = 'calendar' }) => [code, { label, icon, color: '#c62828' }]),
    ),
    people,
    fresh: {
      c_1: { read_at: sent(now - 4_000), stale_seconds: 7200 },
      c_old: { read_at: sent(now - 3 * hour), stale_seconds: 7200 },
    },
  };
}
