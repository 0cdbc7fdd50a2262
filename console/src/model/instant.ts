/** Moments as plain numbers, so that ten thousand rows can be compared quickly. */

/** Milliseconds since 1970, UTC. Instants from the server are whole seconds. */
export type Instant = number;

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

/** Reads an RFC 3339 instant; what is no instant is refused, for a silent NaN would never flip. */
export function parseInstant(text: string): Instant {
  const instant = Date.parse(text);
  if (Number.isNaN(instant)) throw new RangeError(`not an instant: ${text}`);
  return instant;
}

export function parseOptional(text: string | undefined): Instant | null {
  return text === undefined ? null : parseInstant(text);
}
