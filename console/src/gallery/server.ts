/** A server of the gallery's own: it answers from the cast, and is as unwell as it is asked to be. */

import { type FeedListener, SignedOut } from '../model/live';
import type { WireChanged, WirePersonDetail, WireReferral } from '../model/wire';
import { Refused } from '../platform/server';
import type { Office } from '../views/desk.svelte';
import { reasons, sent, snapshot } from './cast';

export const conditions = ['well', 'empty', 'crowd', 'offline', 'unreachable', 'signed-out', 'refusing'] as const;
export type Condition = (typeof conditions)[number];

const counts: Partial<Record<Condition, number>> = { empty: 0, crowd: 10_000 };

export class GalleryServer implements Office {
  readonly #condition: Condition;
  readonly #snapshot;

  constructor(condition: Condition) {
    this.#condition = condition;
    this.#snapshot = snapshot(Date.now(), counts[condition] ?? null);
  }

  async fetchSnapshot() {
    if (this.#condition === 'unreachable') throw new TypeError('nobody there');
    if (this.#condition === 'signed-out') throw new SignedOut();
    return this.#snapshot;
  }

  openFeed(_since: string, listener: FeedListener): () => void {
    const handle = setTimeout(() => {
      if (this.#condition === 'offline') listener.lost(false);
      else listener.opened();
    }, 50);
    return () => {
      clearTimeout(handle);
    };
  }

  async fetchPerson(id: string): Promise<WirePersonDetail> {
    const person = this.#snapshot.people?.find((each) => each.id === id);
    if (!person) throw new Refused('not_found', 'There is no such person.');
    const upcoming = person.timetable ?? [];
    return { ...person, upcoming, state: { why: 'a booking shown as busy, read 4 s ago' } };
  }

  async fetchReasons() {
    return { reasons };
  }

  async fetchRules() {
    return { next_free_minutes: 15 };
  }

  async fetchMe() {
    return { id: 'u_1', name: 'Karin Lund', role: 'telephonist' as const };
  }

  async signIn(): Promise<void> {
    throw new Refused('wrong_sign_in', 'The address or the password is wrong.');
  }

  async signOut(): Promise<void> {
    await Promise.resolve();
  }

  async setReferral(id: string, referral: WireReferral): Promise<WireChanged> {
    if (this.#condition === 'refusing') throw new Refused('forbidden', 'You may not set this for others.');
    const person = await this.fetchPerson(id);
    const start = sent(Date.now());
    const diverts = referral.diverts ?? true;
    const kind = diverts ? 'referred' : 'informed';
    const set = { start, kind, all_day: false, diverts, reason: referral.reason, origin: 'telephonist' } as const;
    return { ...person, timetable: [set], change: 'ch_1' };
  }

  clearReferral(id: string): Promise<WireChanged> {
    return this.fetchPerson(id);
  }

  async seeNotice(): Promise<void> {
    await Promise.resolve();
  }

  async undo(): Promise<void> {
    if (this.#condition === 'refusing') throw new Refused('conflict', 'The orders have changed since.');
  }
}
