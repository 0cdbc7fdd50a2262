import { describe, expect, it } from 'vitest';

import { nextEdge } from '../src/model/edge';
import { readReads } from '../src/model/freshness';
import { showAt } from '../src/model/shown';
import { around, at, person, segment, sent } from './cast';

const none = readReads({});

describe('the next edge', () => {
  it('is the second at which a segment starts or ends', () => {
    const anna = person([segment('busy', '09:00:20', '09:00:40')]);
    expect(nextEdge([anna], none, at('09:00:05'), 15)).toBe(at('09:00:20'));
    expect(nextEdge([anna], none, at('09:00:20'), 15)).toBe(at('09:00:40'));
  });

  it('is a whole minute when nothing comes sooner', () => {
    expect(nextEdge([person()], none, at('09:00:05'), 15)).toBe(at('09:01'));
    expect(nextEdge([], none, at('09:00'), 15)).toBe(at('09:01'));
  });

  it('is where knowledge ends and where a read becomes too old', () => {
    expect(nextEdge([person([], { known_until: sent('09:00:30') })], none, at('09:00'), 15)).toBe(at('09:00:30'));
    const reads = readReads({ c_1: { read_at: sent('08:59:30'), stale_seconds: 45 } });
    expect(nextEdge([person()], reads, at('09:00'), 15)).toBe(at('09:00:16'));
  });

  it('leaves out nothing: between two edges everything shown stays the same', () => {
    const reads = readReads({ c_1: { read_at: sent('08:00:07'), stale_seconds: 4210 } });
    const everything = { ...around, reads };
    const anna = person(
      [
        segment('note', '09:03:11', '09:04:02'),
        segment('busy', '09:05:30', '09:08', { next_free: sent('09:40') }),
        segment('referred', '09:08', '09:09:45', { next_free: sent('09:40') }),
        segment('busy', '10:04:44', '10:30', { next_free: sent('10:30') }),
      ],
      { known_until: sent('09:11:13') },
    );
    const look = (moment: number): string => {
      const { person: _, ...shown } = showAt(anna, everything, moment);
      return JSON.stringify(shown);
    };
    let edge = at('09:00');
    for (let moment = edge; moment < at('09:12'); moment += 1000) {
      if (moment === nextEdge([anna], reads, edge, 15)) edge = moment;
      expect(look(moment), new Date(moment).toISOString()).toBe(look(edge));
    }
  });
});
