import { beforeEach, describe, expect, it } from 'vitest';

import { ServerClock } from '../src/model/clock';
import { type FeedListener, Live, type Server, SignedOut } from '../src/model/live';
import type { WireSnapshot } from '../src/model/wire';
import { at, listedUntil, row, segment, sent } from './cast';

/** A server and a time that do as the test says; nothing here waits for real. */
class Stage implements Server {
  time = at('09:00');
  answers: (WireSnapshot | Error)[] = [];
  opened: string[] = [];
  feed: FeedListener | null = null;
  timers: { due: number; action: () => void }[] = [];
  live = new Live(
    this,
    new ServerClock(() => this.time),
    (wait, action) => {
      const timer = { due: this.time + wait, action };
      this.timers.push(timer);
      return () => {
        this.timers = this.timers.filter((each) => each !== timer);
      };
    },
    () => undefined,
  );

  fetchSnapshot(): Promise<WireSnapshot> {
    const answer = this.answers.shift() ?? new Error('unreachable');
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }

  openFeed(since: string, listener: FeedListener): () => void {
    this.opened.push(since);
    this.feed = listener;
    return () => {
      if (this.feed === listener) this.feed = null;
    };
  }

  async pass(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    for (;;) {
      const next = this.timers.filter((each) => each.due <= end).sort((one, other) => one.due - other.due)[0];
      if (!next) break;
      this.time = next.due;
      this.timers = this.timers.filter((each) => each !== next);
      next.action();
      await settle();
    }
    this.time = end;
    await settle();
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

function snapshot(version: string, ...names: string[]): WireSnapshot {
  return {
    version,
    now: sent('09:00'),
    listed_until: listedUntil,
    people: names.map((name) => row([], { id: name, name })),
  };
}

let stage: Stage;
const names = () => stage.live.held.people.map((person) => person.name);

async function begin(): Promise<void> {
  stage.answers = [snapshot('e-1', 'Anna', 'Bo')];
  stage.live.start();
  await settle();
  stage.feed?.opened();
}

beforeEach(() => {
  stage = new Stage();
});

describe('live', () => {
  it('fetches the snapshot, then opens the feed from its version', async () => {
    await begin();
    expect(stage.opened).toEqual(['e-1']);
    expect(names()).toEqual(['Anna', 'Bo']);
    expect(stage.live.connection).toEqual({ state: 'live' });
  });

  it('takes in changes and remembers where it stands', async () => {
    await begin();
    const people = [row([segment('busy', '09:00', '10:00')], { id: 'Anna', name: 'Anna' })];
    stage.feed?.heard({
      name: 'people',
      data: { version: 'e-2', now: sent('09:00'), listed_until: listedUntil, people },
    });
    expect(stage.live.held.people[0]?.timetable).toHaveLength(1);
    expect(stage.live.held.version).toBe('e-2');
  });

  it('says since when it is offline, keeps everybody, and goes on from the version it had', async () => {
    await begin();
    stage.time = at('09:20:07');
    stage.feed?.lost(false);
    expect(stage.live.connection).toEqual({ state: 'offline', since: at('09:20:07') });
    expect(names()).toEqual(['Anna', 'Bo']);
    await stage.pass(1_000);
    stage.feed?.lost(false);
    await stage.pass(60_000);
    expect(stage.live.connection).toEqual({ state: 'offline', since: at('09:20:07') });
    expect(new Set(stage.opened)).toEqual(new Set(['e-1']));
    stage.feed?.opened();
    expect(stage.live.connection).toEqual({ state: 'live' });
  });

  it('counts forty seconds of silence as gone, since the last word', async () => {
    await begin();
    await stage.pass(15_000);
    stage.feed?.heard({ name: 'time', data: { now: sent('09:00:15') } });
    await stage.pass(39_000);
    expect(stage.live.connection.state).toBe('live');
    await stage.pass(1_000);
    expect(stage.live.connection).toEqual({ state: 'offline', since: at('09:00:15') });
  });

  it('fetches the snapshot again on reset and shows the old rows until it is there', async () => {
    await begin();
    stage.answers = [snapshot('f-9', 'Cecilia')];
    stage.feed?.heard({ name: 'reset' });
    expect(names()).toEqual(['Anna', 'Bo']);
    expect(stage.live.connection.state).toBe('live');
    await settle();
    expect(names()).toEqual(['Cecilia']);
    expect(stage.opened).toEqual(['e-1', 'f-9']);
  });

  it('tries again until a server that is not there at first answers', async () => {
    stage.live.start();
    await settle();
    expect(stage.live.connection).toEqual({ state: 'offline', since: at('09:00') });
    await stage.pass(2_500);
    stage.answers = [snapshot('e-1', 'Anna')];
    await stage.pass(5_000);
    expect(names()).toEqual(['Anna']);
  });

  it('says that the session is over when the server refuses, and stops asking', async () => {
    await begin();
    stage.answers = [new SignedOut()];
    stage.feed?.lost(true);
    await stage.pass(60_000);
    expect(stage.live.connection).toEqual({ state: 'signedOut' });
    expect(stage.timers).toEqual([]);
    expect(names()).toEqual(['Anna', 'Bo']);
  });

  it('tries at once when nudged, and only when offline', async () => {
    await begin();
    stage.live.nudge();
    expect(stage.opened).toHaveLength(1);
    stage.feed?.lost(false);
    stage.live.nudge();
    expect(stage.opened).toHaveLength(2);
  });
});
