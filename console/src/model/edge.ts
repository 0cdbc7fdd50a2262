/** When the page must be looked at again: the next moment at which anything shown may change by itself. */

import { type Reads, staleAfter } from './freshness';
import { type Instant, hour, minute, second } from './instant';
import type { Person } from './person';

/** The next whole minute: minutes to go are counted in words. */
function nextMinute(at: Instant): Instant {
  return (Math.floor(at / minute) + 1) * minute;
}

function* moments(person: Person, reads: Reads, at: Instant, nextFreeMinutes: number): Generator<Instant> {
  yield person.listedUntil;
  if (person.knownUntil !== null) yield person.knownUntil;
  const stale = staleAfter(person, reads);
  if (stale !== null) yield stale + second;
  for (const segment of person.timetable) {
    yield segment.start;
    if (segment.end !== null) yield segment.end;
    yield segment.start - nextFreeMinutes * minute;
    if (segment.start - at > hour) yield segment.start - hour;
    else if (segment.start > at) yield segment.start - (Math.ceil((segment.start - at) / minute) - 1) * minute;
  }
}

/** The first moment after `at` at which something shown may differ; a whole minute at the latest. */
export function nextEdge(people: Iterable<Person>, reads: Reads, at: Instant, nextFreeMinutes: number): Instant {
  let next = nextMinute(at);
  for (const person of people) {
    for (const moment of moments(person, reads, at, nextFreeMinutes)) {
      if (moment > at && moment < next) next = moment;
    }
  }
  return next;
}
