import { describe, expect, it } from 'vitest';

import { freshnessAt, readReads } from '../src/model/freshness';
import { showAt } from '../src/model/shown';
import { around, at, person, segment, sent } from './cast';

const reads = readReads({ c_1: { read_at: sent('09:00'), stale_seconds: 7200 } });

describe('freshness', () => {
  it('is none without calendars', () => {
    const bo = person([], { freshness: { state: 'none' } });
    expect(freshnessAt(bo, reads, at('23:00')).state).toBe('none');
  });

  it('is fresh until a read is older than it may be, then stale, worked out here', () => {
    expect(freshnessAt(person(), reads, at('11:00')).state).toBe('fresh');
    expect(freshnessAt(person(), reads, at('11:00:01'))).toEqual({ state: 'stale', since: at('09:00') });
  });

  it('is the worst of her connections', () => {
    const two = readReads({
      c_1: { read_at: sent('09:00'), stale_seconds: 7200 },
      c_2: { read_at: sent('08:00'), stale_seconds: 3600 },
    });
    const anna = person([], { freshness: { state: 'fresh', connections: ['c_1', 'c_2'] } });
    expect(freshnessAt(anna, two, at('09:00:01'))).toEqual({ state: 'stale', since: at('08:00') });
  });

  it('is stale while one of her connections has never been read', () => {
    const anna = person([], { freshness: { state: 'fresh', connections: ['c_1', 'c_new'] } });
    expect(freshnessAt(anna, reads, at('09:01')).state).toBe('stale');
  });

  it('is what the server said to a viewer who is not told the connections', () => {
    const anna = person([], { freshness: { state: 'failing', failing_since: sent('08:30') } });
    expect(freshnessAt(anna, reads, at('23:00'))).toEqual({ state: 'failing', since: at('08:30') });
  });

  it('is failing since a calendar failed, and stale when that is too long ago', () => {
    const anna = person([], {
      freshness: { state: 'failing', failing_since: sent('08:30'), connections: ['c_1'] },
    });
    expect(freshnessAt(anna, reads, at('10:30'))).toEqual({ state: 'failing', since: at('08:30') });
    expect(freshnessAt(anna, reads, at('10:30:01'))).toEqual({ state: 'stale', since: at('08:30') });
  });

  it('shows a stale available as unknown and leaves every other kind what it was', () => {
    const stale = { ...around, reads };
    const show = (kind: 'busy' | 'referred' | 'note') =>
      showAt(person([segment(kind, '11:00', '12:00')]), stale, at('11:30'));
    expect(showAt(person(), stale, at('11:30'))).toMatchObject({ kind: 'unknown', glyph: 'unknown', stale: true });
    expect(show('note').kind).toBe('unknown');
    expect(show('busy')).toMatchObject({ kind: 'busy', stale: true });
    expect(show('referred')).toMatchObject({ kind: 'referred', stale: true });
  });
});
