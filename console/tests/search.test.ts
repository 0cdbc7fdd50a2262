import { describe, expect, it } from 'vitest';

import { fragments, hiddenHit, marked, search } from '../src/model/search';
import { showAt } from '../src/model/shown';
import { around, at, person, segment } from './cast';

const people = [
  person([], { id: '1', name: 'Anders Holmberg', department: 'Sales', extension: '219' }),
  person([segment('referred', '09:00', '11:00', { text: 'Budget 2027' })], { id: '2', name: 'Anna Svensson' }),
  person([], { id: '3', name: 'Åsa Björk', email: 'asa.bjork@example.org', title: 'Controller' }),
  person([], { id: '4', name: 'Jan-Erik Norén', extensions: [{ number: '070174', kind: 'mobile' }] }),
  person([], { id: '5', name: 'Kjær Østergaard', names: ['Kalle'], department: 'Finance' }),
].map((each) => showAt(each, around, at('09:30')));

const found = (query: string) => search(people, query).map((shown) => shown.person.name);

describe('search', () => {
  it('without a query leaves everybody where they are', () => {
    expect(search(people, '  ')).toBe(people);
  });

  it.each([
    ['asa', 'Åsa Björk', 'accents of the name'],
    ['ÅSÄ', 'Åsa Björk', 'accents of the query'],
    ['svens ann', 'Anna Svensson', 'fragments in any order'],
    ['oster kjaer', 'Kjær Østergaard', 'letters of one’s own'],
    ['kalle', 'Kjær Østergaard', 'alternate names'],
    ['219', 'Anders Holmberg', 'the extension'],
    ['0701', 'Jan-Erik Norén', 'every number'],
    ['bjork@ex', 'Åsa Björk', 'the address'],
    ['controller', 'Åsa Björk', 'the title'],
    ['holm sales', 'Anders Holmberg', 'name and department together'],
    ['meeting', 'Anna Svensson', 'the reason now'],
    ['budg', 'Anna Svensson', 'the text now'],
    ['erik', 'Jan-Erik Norén', 'the second half of a name'],
  ])('finds by %s', (query, name) => {
    expect(found(query)).toEqual([name]);
  });

  it('puts who begins with it before who has it inside, and keeps the order by name within each', () => {
    expect(found('an')).toEqual(['Anders Holmberg', 'Anna Svensson', 'Jan-Erik Norén', 'Kjær Østergaard']);
  });

  it('finds nobody when one fragment fits nothing', () => {
    expect(found('anna zzz')).toEqual([]);
  });
});

describe('what is marked', () => {
  it('is every hit, in the letters as they are written', () => {
    expect(marked('Kjær Åsa', fragments('asa aer'))).toEqual([
      { text: 'Kj', hit: false },
      { text: 'ær', hit: true },
      { text: ' ', hit: false },
      { text: 'Åsa', hit: true },
    ]);
  });

  it('names the field that was hit when the row does not show it', () => {
    const asa = people[2]!.person;
    expect(hiddenHit(asa, 'Åsa Björk', fragments('contr'))).toBe('Controller');
    expect(hiddenHit(asa, 'Åsa Björk', fragments('bj'))).toBeNull();
  });
});
