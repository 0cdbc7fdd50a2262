/** Our symbols, drawn on a 16 by 16 grid: those of a state solid and on whole pixels, the others a line of one width. */

import type { GlyphName } from '../model/shown';
import type { WireFreshnessState } from '../model/wire';

/** Told apart by outline alone, also in grey print. */
export const glyphs: Record<GlyphName, string> = {
  free: 'M8 4a4 4 0 1 1 0 8a4 4 0 0 1 0-8z',
  taken: 'M8 3.75a4.25 4.25 0 1 1 0 8.5a4.25 4.25 0 0 1 0-8.5zM8 5.1a2.9 2.9 0 1 0 0 5.8a2.9 2.9 0 0 0 0-5.8z',
  soon: 'M4 1h1v2h6V1h1v2h1a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1h1zM3 4v2h10V4zM3 7v6h10V7zM9 9h3v3H9z',
  busy: 'M4 1h2v2h4V1h2v2h1a1 1 0 0 1 1 1v2H2V4a1 1 0 0 1 1-1h1zM2 7h12v6a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1z',
  informed:
    'M4 1h2v2h4V1h2v2h1a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1h1zM3 6v7h10V6zM7 7h2v1.5H7zM7 9.25h2V12H7z',
  referred:
    'M3 1h2v2h3V1h2v2h1a1 1 0 0 1 1 1v2H1V4a1 1 0 0 1 1-1h1zM1 7h4v7H2a1 1 0 0 1-1-1zM6 15v-3a3 3 0 0 1 3-3h2V6.5l5 3.5l-5 3.5V11H9a1 1 0 0 0-1 1v3z',
  unknown:
    'M7.2 9.9c0-1.5 1.6-1.6 1.6-2.9c0-.6-.4-1-1-1s-1.1.4-1.2 1.1L5.2 6.9C5.4 5.5 6.5 4.7 7.9 4.7c1.4 0 2.4.9 2.4 2.2c0 1.8-1.7 1.9-1.7 3zM7.1 10.9h1.6v1.5H7.1z',
};

/** Drawn with a stroke of 1.25; a name the server sends that is not here is shown as `calendar`. */
export const icons = {
  users:
    'M6 3.2a2.3 2.3 0 1 1 0 4.6a2.3 2.3 0 0 1 0-4.6zM2 13c0-2.5 1.6-3.8 4-3.8s4 1.3 4 3.8M10.6 3.6a2.2 2.2 0 0 1 0 4M11.6 9.5c1.5.5 2.4 1.8 2.4 3.5',
  utensils: 'M5 2v12M3 2v3a2 2 0 0 0 4 0V2M11.5 14V9.5h-2c0-3.5.6-6 2-7.5z',
  door: 'M2 14h12M4 14V2.5h8V14M9.6 8v.8',
  suitcase: 'M2 5h12v8.5H2zM5.5 5V3h5v2M5 5v8.5M11 5v8.5',
  book: 'M8 4.5C6.5 3.5 4.5 3 2 3v9c2.5 0 4.5.5 6 1.5c1.5-1 3.5-1.5 6-1.5V3c-2.5 0-4.5.5-6 1.5zM8 4.5v9',
  'sign-out': 'M7 2.5H3v11h4M6 8h8M11 5l3 3l-3 3',
  sun: 'M8 5.5a2.5 2.5 0 1 1 0 5a2.5 2.5 0 0 1 0-5zM8 2v1.3M8 12.7V14M2 8h1.3M12.7 8H14M3.8 3.8l.9.9M11.3 11.3l.9.9M12.2 3.8l-.9.9M4.7 11.3l-.9.9',
  neutral: 'M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11zM5.5 8h5',
  clock: 'M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 0 1 0-11zM8 5v3l2 1.5',
  calendar: 'M2.5 3.5h11v10h-11zM2.5 6.5h11M5.5 2v3M10.5 2v3',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9zM10.4 10.4l3.6 3.6',
  phone:
    'M3.5 2.5h2L6.7 5.5L5.2 6.6a8 8 0 0 0 4.2 4.2l1.1-1.5l3 1.2v2a1.2 1.2 0 0 1-1.3 1.2A11 11 0 0 1 2.3 3.8a1.2 1.2 0 0 1 1.2-1.3z',
  ringing:
    'M3.5 11c.8-.9 1-1.8 1-4a3.5 3.5 0 0 1 7 0c0 2.2.2 3.1 1 4zM6.7 13a1.4 1.4 0 0 0 2.6 0M1.5 6.3a5.3 5.3 0 0 1 1.5-3.3M14.5 6.3A5.3 5.3 0 0 0 13 3',
  noPhone:
    'M3.5 2.5h2L6.7 5.5L5.2 6.6M9.4 10.8l1.1-1.5l3 1.2v2a1.2 1.2 0 0 1-1.3 1.2a11 11 0 0 1-7.5-3.8M2.6 5.7a11 11 0 0 1-.3-1.9a1.2 1.2 0 0 1 1.2-1.3M13.5 2.5l-11 11',
  back: 'M10 3.5L5.5 8l4.5 4.5',
  undo: 'M5.5 3L3 5.5L5.5 8M3 5.5h6.5a3.5 3.5 0 0 1 0 7H6',
  check: 'M3 8.5l3 3l7-7',
  /** Does not answer. */
  failing: 'M8 2.5l6 11H2zM8 6.5v3.5M8 11.7v.1',
  /** Too old: a clock struck through. */
  stale: 'M5 3.3a5.5 5.5 0 0 1 7.7 7.7M11 12.7A5.5 5.5 0 0 1 3.3 5M8 5v2M2 2l12 12',
  /** Drawn solid: half of a disc. */
  auto: 'M8 2.5a5.5 5.5 0 0 1 0 11a5.5 5.5 0 0 1 0-11zM8 3.8v8.4a4.2 4.2 0 0 1 0-8.4z',
  moon: 'M13.5 9.5A5.7 5.7 0 0 1 6.5 2.5a5.7 5.7 0 1 0 7 7z',
} as const;

export type IconName = keyof typeof icons;

/** How far a row can be trusted, each with a shape of its own; a fresh one has none beside it unless it is unknown. */
export const freshnessIcons: Record<WireFreshnessState, IconName> = {
  fresh: 'stale',
  failing: 'failing',
  stale: 'stale',
  none: 'neutral',
};

export function iconNamed(name: string): IconName {
  return name in icons ? (name as IconName) : 'calendar';
}
