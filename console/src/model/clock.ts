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
  /** A moment that did not agree with those before. */
  #doubted: Bounds | null = null;
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
    const agreed = common([...this.#bounds, heard]);
    if (agreed.least <= agreed.most) {
      this.#bounds = [...this.#bounds.slice(1 - kept), heard];
      this.#doubted = null;
    } else if (heard.least > common(this.#bounds).most) {
      // No moment comes before it was sent: the machine's clock was put back, or the server's forward.
      this.#bounds = [heard];
      this.#doubted = null;
    } else {
      // Either this page slept and heard it late, or a clock was set: the next moment tells which.
      const { least, most } = common(this.#doubted === null ? [] : [this.#doubted, heard]);
      const confirmed = this.#doubted !== null && least <= most;
      if (confirmed) this.#bounds = [heard];
      this.#doubted = confirmed ? null : heard;
    }
    const { least, most } = common(this.#bounds);
    this.#offset = Math.min(Math.max(0, least), most);
  }
}

function common(bounds: readonly Bounds[]): Bounds {
  return {
    least: Math.max(...bounds.map((each) => each.least)),
    most: Math.min(...bounds.map((each) => each.most)),
  };
}
