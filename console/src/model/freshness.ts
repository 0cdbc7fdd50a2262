/** How far a row can be trusted (rules.md §9); staleness is worked out by whoever shows it. */

import { type Instant, parseInstant, second } from './instant';
import type { Person } from './person';
import type { WireFreshnessState, WireReads } from './wire';

/** When a connection was last read in full, and how old that may grow. */
export type Read = { readonly readAt: Instant; readonly staleAfter: number };
export type Reads = ReadonlyMap<string, Read>;

export type Freshness = {
  readonly state: WireFreshnessState;
  /** Since when nothing new is known: what failed first, or the oldest read. Null when fresh, or never read. */
  readonly since: Instant | null;
};

export function readReads(wire: WireReads): Map<string, Read> {
  return new Map(
    Object.entries(wire).map(([connection, read]) => [
      connection,
      { readAt: parseInstant(read.read_at), staleAfter: read.stale_seconds * second },
    ]),
  );
}

function oldestRead(person: Person, reads: Reads): Read | null {
  let oldest: Read | null = null;
  for (const connection of person.freshness.connections) {
    const read = reads.get(connection);
    if (read && (oldest === null || read.readAt + read.staleAfter < oldest.readAt + oldest.staleAfter)) oldest = read;
  }
  return oldest;
}

/** The moment after which she is stale: the earliest that any of her connections makes. Null without a read. */
export function staleAfter(person: Person, reads: Reads): Instant | null {
  const { connections, failingSince } = person.freshness;
  const moments = connections.flatMap((connection) => {
    const read = reads.get(connection);
    if (!read) return [];
    return failingSince === null
      ? [read.readAt + read.staleAfter]
      : [read.readAt + read.staleAfter, failingSince + read.staleAfter];
  });
  return moments.length === 0 ? null : Math.min(...moments);
}

export function freshnessAt(person: Person, reads: Reads, at: Instant): Freshness {
  const { said, failingSince, connections } = person.freshness;
  if (connections.length === 0 && said === 'none') return { state: 'none', since: null };
  // A viewer who is not told the connections has only what the server said when it sent the row.
  if (connections.length === 0) return { state: said, since: failingSince };
  const limit = staleAfter(person, reads);
  const neverRead = limit === null || connections.some((connection) => !reads.has(connection));
  if (neverRead || at > limit)
    return { state: 'stale', since: failingSince ?? oldestRead(person, reads)?.readAt ?? null };
  return failingSince === null ? { state: 'fresh', since: null } : { state: 'failing', since: failingSince };
}
