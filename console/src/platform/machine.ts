/** The machine's clock and timers. */

import type { MachineClock } from '../model/clock';
import type { Timer } from '../model/live';

export const machineClock: MachineClock = () => Date.now();

export const timer: Timer = (milliseconds, action) => {
  const handle = setTimeout(action, milliseconds);
  return () => {
    clearTimeout(handle);
  };
};

export const viewerZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Calls back when the page is seen again or the network returns; returns what ends it. */
export function onReturn(action: () => void): () => void {
  const seen = (): void => {
    if (document.visibilityState === 'visible') action();
  };
  document.addEventListener('visibilitychange', seen);
  window.addEventListener('online', action);
  return () => {
    document.removeEventListener('visibilitychange', seen);
    window.removeEventListener('online', action);
  };
}

/** Loads the page again, with nothing of what it held. */
export function beginAnew(): void {
  location.reload();
}
