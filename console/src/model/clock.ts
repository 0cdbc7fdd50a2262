/** The server's clock, kept going here when the server is gone. */

import { type Instant, second } from './instant';

/** What the machine's own clock says now. */
export type MachineClock = () => Instant;

type Bounds = { readonly least: number; readonly most: number };

const kept = 8;
const delayAllowed = 250;

/**
 * Follows the server's clock by the moments it sends.
 *
 * The server cuts its moments to whole seconds and they travel a while, so one moment only says between which two
 * values the difference lies. The smallest correction that agrees with the last few moments is used: a machine that
 * keeps time is not corrected at all.
 */
export class ServerClock {
  readonly #machine: MachineClock;
  #bounds: Bounds[] = [];
  #offset = 0;

  constructor(machine: MachineClock) {
    this.#machine = machine;
  }

  now(): Instant {
    return this.#machine() + this.#offset;
  }

  /** Takes in a moment the server sent; `travelled` is the longest it can have been on its way, in milliseconds. */
  hear(moment: Instant, travelled = delayAllowed): void {
    const difference = moment - this.#machine();
    const heard = { least: difference, most: difference + second + travelled };
    this.#bounds = [...this.#bounds.slice(1 - kept), heard];
    let least = Math.max(...this.#bounds.map((each) => each.least));
    let most = Math.min(...this.#bounds.map((each) => each.most));
    if (least > most) {
      // One of the two clocks was set: what was heard before means nothing any more.
      this.#bounds = [heard];
      ({ least, most } = heard);
    }
    this.#offset = Math.min(Math.max(0, least), most);
  }
}
