import { describe, expect, it } from 'vitest';

import { ServerClock } from '../src/model/clock';
import { at } from './cast';

/** A machine whose clock stands where it is put. */
function machine(start: number) {
  const state = { time: start };
  return { clock: new ServerClock(() => state.time), state };
}

describe('the server’s clock', () => {
  it('does not correct a machine that keeps time, though the server cuts to whole seconds', () => {
    const { clock, state } = machine(at('09:00') + 730);
    clock.hear(at('09:00'));
    expect(clock.now()).toBe(state.time);
  });

  it('comes within a second of the server on a machine that is minutes wrong', () => {
    const { clock, state } = machine(at('09:07') + 400);
    clock.hear(at('09:00'));
    expect(clock.now() - at('09:00')).toBeGreaterThanOrEqual(0);
    expect(clock.now() - at('09:00')).toBeLessThanOrEqual(1250);
    state.time += 60_000;
    expect(clock.now() - at('09:01')).toBeLessThanOrEqual(1250);
  });

  it('comes closer with every moment heard', () => {
    const { clock, state } = machine(at('09:07'));
    const truth = () => state.time - 7 * 60_000 + 300;
    for (const wait of [0, 310, 15_150, 15_480, 15_220]) {
      state.time += wait;
      clock.hear(Math.floor(truth() / 1000) * 1000);
    }
    expect(Math.abs(clock.now() - truth())).toBeLessThan(600);
  });

  it('follows at once when the machine’s clock is put back', () => {
    const { clock, state } = machine(at('09:00') + 500);
    clock.hear(at('09:00'));
    state.time -= 3_600_000;
    clock.hear(at('09:00:15'));
    expect(clock.now() - at('09:00:15')).toBeGreaterThanOrEqual(0);
    expect(clock.now() - at('09:00:15')).toBeLessThanOrEqual(1250);
  });

  it('follows with the second moment when the machine’s clock is put forward', () => {
    const { clock, state } = machine(at('09:00') + 500);
    clock.hear(at('09:00'));
    state.time += 3_600_000 + 15_000;
    clock.hear(at('09:00:15'));
    state.time += 15_000;
    clock.hear(at('09:00:30'));
    expect(clock.now() - at('09:00:30')).toBeGreaterThanOrEqual(0);
    expect(clock.now() - at('09:00:30')).toBeLessThanOrEqual(1250);
  });

  it('is not misled by moments heard late, by a page that slept', () => {
    const { clock, state } = machine(at('09:00') + 500);
    clock.hear(at('09:00'));
    state.time += 45_000;
    for (const late of ['09:00:15', '09:00:30', '09:00:45']) clock.hear(at(late));
    expect(clock.now()).toBe(state.time);
  });
});
