/**
 * Keeps what is held true: the snapshot first, then the feed's changes, and again from where it stopped when the
 * server comes back.
 *
 *     starting ──snapshot──▶ live ◀──opened── offline
 *                             └────lost─────────▲        either ──refused──▶ signed out
 *
 * While offline the rows held go on by the clock; nothing is thrown away. `reset` fetches the snapshot again and keeps
 * the old rows until it is there.
 */

import type { ServerClock } from './clock';
import { type Held, fromSnapshot, nobody, withLines, withPeople, withReads, withTime } from './held';
import { type Instant, parseInstant, second } from './instant';
import type { WireLinesEvent, WirePeopleEvent, WireReads, WireSnapshot, WireTimeEvent } from './wire';

export type Connection =
  | { readonly state: 'starting' }
  | { readonly state: 'live' }
  | { readonly state: 'offline'; readonly since: Instant }
  | { readonly state: 'signedOut' };

/** The session is over, or never was: no trying again helps. */
export class SignedOut extends Error {}

export type FeedEvent =
  | { readonly name: 'people'; readonly data: WirePeopleEvent }
  | { readonly name: 'fresh'; readonly data: WireReads }
  | { readonly name: 'lines'; readonly data: WireLinesEvent }
  | { readonly name: 'time'; readonly data: WireTimeEvent }
  | { readonly name: 'reset' };

export interface FeedListener {
  opened(): void;
  heard(event: FeedEvent): void;
  /** The connection is gone and will not come back by itself; `refused` when the server answered and said no. */
  lost(refused: boolean): void;
}

export interface Server {
  /** Rejects with `SignedOut` when the session is over, with anything else when the server cannot be had. */
  fetchSnapshot(): Promise<WireSnapshot>;
  /** Returns what closes it; after that nothing more is told. */
  openFeed(since: string, listener: FeedListener): () => void;
}

/** Calls back after so many milliseconds; returns what calls it off. */
export type Timer = (milliseconds: number, action: () => void) => () => void;

/** The server speaks every 15 s; after this long without a word it is gone, whatever the socket says. */
const silence = 40 * second;
const retries = [1, 1, 2, 3, 5].map((seconds) => seconds * second);

export class Live {
  held: Held = nobody;
  connection: Connection = { state: 'starting' };

  readonly #server: Server;
  readonly #clock: ServerClock;
  readonly #timer: Timer;
  readonly #changed: () => void;
  #close: () => void = () => undefined;
  #cancelRetry: () => void = () => undefined;
  #cancelWatch: () => void = () => undefined;
  #failures = 0;
  #attempt = 0;
  #resumes = false;

  constructor(server: Server, clock: ServerClock, timer: Timer, changed: () => void) {
    this.#server = server;
    this.#clock = clock;
    this.#timer = timer;
    this.#changed = changed;
  }

  start(): void {
    this.#try();
  }

  /** Tries again at once when offline: the machine woke up, or its network came back. */
  nudge(): void {
    if (this.connection.state === 'offline') this.#try();
  }

  stop(): void {
    this.#attempt++;
    this.#close();
    this.#cancelRetry();
    this.#cancelWatch();
  }

  #try(): void {
    this.stop();
    if (this.#resumes) this.#open();
    else void this.#load(this.#attempt);
  }

  async #load(attempt: number): Promise<void> {
    const asked = this.#clock.now();
    let snapshot: WireSnapshot;
    try {
      snapshot = await this.#server.fetchSnapshot();
    } catch (error) {
      if (attempt !== this.#attempt) return;
      if (error instanceof SignedOut) this.#say({ state: 'signedOut' });
      else this.#lost(asked, false);
      return;
    }
    if (attempt !== this.#attempt) return;
    this.#clock.hear(parseInstant(snapshot.now), Math.max(0, this.#clock.now() - asked));
    this.held = fromSnapshot(snapshot);
    this.#resumes = true;
    this.#open();
    this.#changed();
  }

  #open(): void {
    this.#watch();
    this.#close = this.#server.openFeed(this.held.version, {
      opened: () => {
        this.#failures = 0;
        this.#watch();
        this.#say({ state: 'live' });
      },
      heard: (event) => {
        this.#watch();
        this.#take(event);
      },
      lost: (refused) => {
        this.#lost(this.#clock.now(), refused);
      },
    });
  }

  #take(event: FeedEvent): void {
    switch (event.name) {
      case 'people':
        this.#clock.hear(parseInstant(event.data.now));
        this.held = withPeople(this.held, event.data);
        break;
      case 'fresh':
        this.held = withReads(this.held, event.data);
        break;
      case 'lines':
        this.held = withLines(this.held, event.data);
        break;
      case 'time':
        this.#clock.hear(parseInstant(event.data.now));
        this.held = withTime(this.held, event.data);
        break;
      case 'reset':
        this.#resumes = false;
        this.#try();
        return;
    }
    this.#changed();
  }

  /** `since` is when the server was last known to be there. */
  #lost(since: Instant, refused: boolean): void {
    this.stop();
    // A feed that is refused may mean that the session is over: the snapshot's answer tells.
    if (refused) this.#resumes = false;
    const wait = retries[Math.min(this.#failures, retries.length - 1)] ?? second;
    this.#failures++;
    this.#cancelRetry = this.#timer(wait, () => {
      this.#try();
    });
    if (this.connection.state !== 'offline') this.#say({ state: 'offline', since });
  }

  #watch(): void {
    this.#cancelWatch();
    const heard = this.#clock.now();
    this.#cancelWatch = this.#timer(silence, () => {
      this.#lost(heard, false);
    });
  }

  #say(connection: Connection): void {
    this.connection = connection;
    this.#changed();
  }
}
