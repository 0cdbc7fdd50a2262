/** What the telephonist has before her: everybody as shown now, whom she chose, what she typed. */

import { ServerClock } from '../model/clock';
import { nextEdge } from '../model/edge';
import { type Entry, readEntry } from '../model/entry';
import type { Held } from '../model/held';
import { nobody } from '../model/held';
import { type Instant, minute, second } from '../model/instant';
import { type Connection, Live, SignedOut } from '../model/live';
import { fragments, search } from '../model/search';
import { type Shown, showAt } from '../model/shown';
import type { WireChanged, WireCredentials, WireMe, WirePersonDetail, WireReason } from '../model/wire';
import { beginAnew, machineClock, onReturn, timer, viewerZone } from '../platform/machine';
import { type HttpServer, Refused } from '../platform/server';

/** Her own page as the server last told it. */
export type Detail = {
  readonly person: WirePersonDetail;
  readonly askedAt: Instant;
  /** What was shown of her then: when that has changed, the server's reason for it no longer holds. */
  readonly of: string;
};

/** What makes two looks at a person the same look: her state and the segment it comes from. */
export function lookOf(shown: Shown): string {
  return `${shown.kind} ${shown.segment?.start ?? ''} ${shown.segment?.reason ?? ''}`;
}

/** How a write went; shown until the next one or until it is undone. */
export type Outcome = {
  readonly person: string;
  readonly words: string;
  readonly failed: boolean;
  /** The change that can be undone; null when there is none. */
  readonly change: string | null;
};

/** Milliseconds a choice rests before her own page is asked for, and until it is asked for again. */
const settle = 120;
const askAgain = 30 * second;
const flipShown = 400;
const earlyAllowed = 50;

/** What the desk asks of the server. */
export type Office = Pick<HttpServer, keyof HttpServer>;

export class Desk {
  readonly zone = viewerZone();
  held = $state.raw<Held>(nobody);
  connection = $state.raw<Connection>({ state: 'starting' });
  /** The server's clock at the last edge, change or whole minute; what is shown is true then. */
  now = $state.raw<Instant>(machineClock());
  query = $state('');
  chosen = $state<string | null>(null);
  detail = $state.raw<Detail | null>(null);
  /** Why the person's own page could not be had; null when it could. */
  detailFault = $state.raw<string | null>(null);
  reasons = $state.raw<readonly WireReason[]>([]);
  me = $state.raw<WireMe | null>(null);
  outcome = $state.raw<Outcome | null>(null);
  /** Those whose state flipped just now. */
  flipped = $state.raw<ReadonlySet<string>>(new Set());

  readonly people = $derived.by(() => {
    const around = { reads: this.held.reads, reasons: this.held.reasons, nextFreeMinutes: this.#nextFreeMinutes };
    return this.held.people.map((person) => showAt(person, around, this.now));
  });
  readonly wanted = $derived(fragments(this.query));
  readonly found = $derived(search(this.people, this.query));
  readonly person = $derived(this.people.find((shown) => shown.person.id === this.chosen) ?? null);

  readonly #server: Office;
  readonly #clock = new ServerClock(machineClock);
  readonly #live: Live;
  #writes: Promise<unknown> = Promise.resolve();
  #nextFreeMinutes = $state(15);
  #cancelTick: () => void = () => undefined;
  #cancelDetail: () => void = () => undefined;
  #kinds = new Map<string, string>();
  #introduced = false;

  constructor(server: Office) {
    this.#server = server;
    this.#live = new Live(server, this.#clock, timer, () => {
      this.#taken();
    });
  }

  start(): void {
    this.#live.start();
    onReturn(() => {
      this.#tick(this.#clock.now());
      this.#live.nudge();
    });
  }

  /** The server's time now, to the millisecond: for ages, which no edge tells. */
  readClock(): Instant {
    return this.#clock.now();
  }

  label = (code: string): string =>
    this.held.reasons.get(code)?.label ?? this.reasons.find((reason) => reason.code === code)?.label ?? code;

  search(query: string): void {
    this.query = query;
    const searching = this.wanted.length > 0;
    // Who is not in the list is not chosen: the next key might set something for her.
    if (searching || this.chosen === null) this.choose(this.found[0]?.person.id ?? null);
  }

  choose(id: string | null): void {
    if (id === this.chosen) return;
    this.chosen = id;
    this.detail = null;
    this.detailFault = null;
    this.#loadDetail();
  }

  /** Moves the choice within those found; stops at the ends. */
  step(by: number): void {
    const index = this.found.findIndex((shown) => shown.person.id === this.chosen);
    const to = Math.min(Math.max(index < 0 ? 0 : index + by, 0), this.found.length - 1);
    const next = this.found[to];
    if (next) this.choose(next.person.id);
  }

  async set(shown: Shown, entry: Entry, label: string): Promise<boolean> {
    const read = readEntry(entry);
    if ('fault' in read) {
      this.outcome = { person: shown.person.id, words: read.fault, failed: true, change: null };
      return false;
    }
    return this.#write(shown, label, () => this.#server.setReferral(shown.person.id, read.body));
  }

  clear(shown: Shown): Promise<boolean> {
    return this.#write(shown, 'cleared', () => this.#server.clearReferral(shown.person.id));
  }

  async undo(): Promise<void> {
    await this.#inTurn(async () => {
      const { outcome } = this;
      if (outcome?.change == null) return;
      const { person, change } = outcome;
      await this.#attempt(person, async () => {
        await this.#server.undo(change);
        this.outcome = { person, words: 'Undone.', failed: false, change: null };
      });
      this.#loadDetail();
    });
  }

  /** Signs a user in and begins the page anew; the words for why not otherwise. */
  async signIn(credentials: WireCredentials): Promise<string | null> {
    try {
      await this.#server.signIn(credentials);
    } catch (error) {
      return this.#faultWords(error);
    }
    beginAnew();
    return null;
  }

  /** Signs out and begins the page anew: nothing of what was seen stays in it. */
  async signOut(): Promise<void> {
    await this.#server.signOut().catch(() => undefined);
    beginAnew();
  }

  /** The viewer has seen what was asked of a booking of hers; it is not asked again. */
  async seeNotice(shown: Shown, id: string): Promise<void> {
    await this.#inTurn(() => this.#attempt(shown.person.id, () => this.#server.seeNotice(id)));
    this.#loadDetail();
  }

  async #write(shown: Shown, done: string, send: () => Promise<WireChanged>): Promise<boolean> {
    const { id, name } = shown.person;
    return this.#inTurn(() =>
      this.#attempt(id, async () => {
        const changed = await send();
        this.outcome = { person: id, words: `${name}: ${done}.`, failed: false, change: changed.change ?? null };
        if (this.chosen === id) this.#loadDetail();
      }),
    );
  }

  /** Keys come quicker than answers: each write waits for the one before, none is lost. */
  #inTurn<T>(write: () => Promise<T>): Promise<T> {
    const turn = this.#writes.then(write);
    this.#writes = turn.catch(() => undefined);
    return turn;
  }

  async #attempt(person: string, action: () => Promise<void>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      this.outcome = { person, words: `Nothing was changed. ${this.#faultWords(error)}`, failed: true, change: null };
      return false;
    }
  }

  #faultWords(error: unknown): string {
    if (error instanceof Refused) return error.message;
    return error instanceof SignedOut ? 'You are signed out.' : 'The server cannot be reached.';
  }

  #taken(): void {
    const before = this.held.people.find((person) => person.id === this.chosen);
    const opened = this.#live.connection.state === 'live' && this.connection.state !== 'live';
    this.held = this.#live.held;
    this.connection = this.#live.connection;
    if (opened && !this.#introduced) void this.#introduce();
    this.#tick(this.#clock.now());
    if (this.chosen === null) this.choose(this.found[0]?.person.id ?? null);
    else if (opened || this.held.people.find((person) => person.id === this.chosen) !== before) this.#loadDetail();
  }

  /** What the page asks once: who looks, the reasons, and how long a free stretch must be. */
  async #introduce(): Promise<void> {
    const [me, reasons, rules] = await Promise.allSettled([
      this.#server.fetchMe(),
      this.#server.fetchReasons(),
      this.#server.fetchRules(),
    ]);
    if (me.status === 'fulfilled') this.me = me.value;
    if (reasons.status === 'fulfilled') this.reasons = reasons.value.reasons ?? [];
    if (rules.status === 'fulfilled') this.#nextFreeMinutes = rules.value.next_free_minutes ?? this.#nextFreeMinutes;
    // What could not be had is asked for again when the feed next opens.
    this.#introduced = [me, reasons, rules].every((each) => each.status === 'fulfilled');
  }

  #tick(at: Instant): void {
    this.now = at;
    this.#noteFlips();
    const edge = nextEdge(this.held.people, this.held.reads, at, this.#nextFreeMinutes);
    this.#cancelTick();
    const wait = Math.min(edge - this.#clock.now(), minute);
    this.#cancelTick = timer(Math.max(0, wait), () => {
      const now = this.#clock.now();
      // A timer may come a moment early; the edge it was set for has come all the same.
      this.#tick(edge > now && edge - now < earlyAllowed ? edge : now);
    });
  }

  #noteFlips(): void {
    const kinds = new Map(this.people.map((shown) => [shown.person.id, lookOf(shown)]));
    const flipped = [...kinds].filter(([id, kind]) => this.#kinds.has(id) && this.#kinds.get(id) !== kind);
    this.#kinds = kinds;
    if (flipped.length === 0) return;
    this.flipped = new Set(flipped.map(([id]) => id));
    timer(flipShown, () => {
      this.flipped = new Set();
    });
  }

  /**
   * Asks for her own page, once the choice has rested a moment, and again every half minute; never because of an edge.
   *
   * Offline, what was told before stays.
   */
  #loadDetail(wait = settle): void {
    this.#cancelDetail();
    const id = this.chosen;
    if (id === null) return;
    this.#cancelDetail = timer(wait, () => {
      this.#loadDetail(askAgain);
      if (this.connection.state !== 'live') return;
      this.#server.fetchPerson(id).then(
        (detail) => {
          if (this.chosen !== id || this.person === null) return;
          this.detail = { person: detail, askedAt: this.#clock.now(), of: lookOf(this.person) };
          this.detailFault = null;
        },
        (error: unknown) => {
          if (this.chosen === id) this.detailFault = this.#faultWords(error);
        },
      );
    });
  }
}
