import { describe, expect, it } from 'vitest';

import { readEnd, readEntry } from '../src/model/entry';

describe('an end as typed', () => {
  it.each([
    ['1300', '13:00'],
    ['13.30', '13:30'],
    ['9', '09:00'],
    ['930', '09:30'],
    [' 09:05 ', '09:05'],
    ['2026-12-01', '2026-12-01'],
  ])('%s is %s', (typed, value) => {
    expect(readEnd(typed)).toEqual({ value });
  });

  it.each(['', 'noon', '25:00', '12:60', '2026-02-30', '2026-13-01'])('%s is refused in words', (typed) => {
    expect(readEnd(typed)).toHaveProperty('fault');
  });
});

describe('what is sent', () => {
  const usual = { reason: 'lunch', end: { choice: 'usual' }, text: ' ', diverts: true } as const;

  it('leaves the end out for the reason’s own, and sends null for none', () => {
    expect(readEntry(usual)).toEqual({ body: { reason: 'lunch' } });
    expect(readEntry({ ...usual, end: { choice: 'none' } })).toEqual({ body: { reason: 'lunch', until: null } });
  });

  it('carries end, text and that it only informs', () => {
    const entry = { ...usual, end: { choice: 'typed', typed: '1300' }, text: ' At Rio ', diverts: false } as const;
    expect(readEntry(entry)).toEqual({ body: { reason: 'lunch', until: '13:00', text: 'At Rio', diverts: false } });
  });

  it('is nothing when the end is no end', () => {
    expect(readEntry({ ...usual, end: { choice: 'typed', typed: 'soon' } })).toHaveProperty('fault');
  });
});
