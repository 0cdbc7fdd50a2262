/** Search as you type: fragments in any order, over every field that was sent, accents ignored. */

import type { Person } from './person';
import type { Shown } from './shown';
import { stateWord } from './phrases';

const letters: Record<string, string> = { ø: 'o', æ: 'ae', œ: 'oe', ß: 'ss', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i' };
const accents = /\p{M}/gu;

/** Text as it is compared: small letters without accents. */
export function fold(text: string): string {
  const plain = text.normalize('NFKD').replace(accents, '').toLowerCase();
  return plain.replace(/[øæœßłđðþı]/g, (letter) => letters[letter] ?? letter);
}

/** The fragments of a query; each must be found somewhere, a space starts the next. */
export function fragments(query: string): string[] {
  return fold(query)
    .split(/\s+/)
    .filter((fragment) => fragment !== '');
}

type Fixed = { readonly name: string; readonly rest: string };
const fixedFields = new WeakMap<Person, Fixed>();

function fixedOf(person: Person): Fixed {
  let fixed = fixedFields.get(person);
  if (!fixed) {
    const { name, names, numbers, email, department, title } = person;
    fixed = {
      name: ` ${[name, ...names].map(fold).join('\n ')}`.replace(/-/g, '- '),
      rest: [name, ...names, ...numbers, email, department, title].map(fold).join('\n'),
    };
    fixedFields.set(person, fixed);
  }
  return fixed;
}

const passingOf = new WeakMap<Shown, string>();

/** What is true of her only now. */
function passing(shown: Shown): string {
  const known = passingOf.get(shown);
  if (known !== undefined) return known;
  const { segment, reason, text } = shown;
  const parts = [stateWord(shown), reason?.label, text, segment?.setBy, segment?.divertTo];
  const folded = fold(parts.filter((part) => part != null).join('\n'));
  passingOf.set(shown, folded);
  return folded;
}

/** How well a person answers: 0 every fragment starts a word of a name, 1 inside a name, 2 elsewhere; null not at all. */
function rank(shown: Shown, wanted: readonly string[]): 0 | 1 | 2 | null {
  const { name, rest } = fixedOf(shown.person);
  if (wanted.every((fragment) => name.includes(` ${fragment}`))) return 0;
  if (wanted.every((fragment) => name.includes(fragment))) return 1;
  const everywhere = wanted.every((fragment) => rest.includes(fragment) || passing(shown).includes(fragment));
  return everywhere ? 2 : null;
}

/** Those who match, names first; within each rank the order given stands, so that hands may remember places. */
export function search(people: readonly Shown[], query: string): readonly Shown[] {
  const wanted = fragments(query);
  if (wanted.length === 0) return people;
  const ranks: [Shown[], Shown[], Shown[]] = [[], [], []];
  for (const shown of people) {
    const found = rank(shown, wanted);
    if (found !== null) ranks[found].push(shown);
  }
  return ranks.flat();
}

export type Piece = { readonly text: string; readonly hit: boolean };

/** The text cut into pieces, with what the query hits marked. */
export function marked(text: string, wanted: readonly string[]): Piece[] {
  if (wanted.length === 0 || text === '') return [{ text, hit: false }];
  const origin: number[] = [];
  let plain = '';
  const letterList = [...text];
  letterList.forEach((letter, index) => {
    const part = fold(letter);
    plain += part;
    for (let i = 0; i < part.length; i++) origin.push(index);
  });
  const hits = new Array<boolean>(letterList.length).fill(false);
  for (const fragment of wanted) {
    for (let from = plain.indexOf(fragment); from >= 0; from = plain.indexOf(fragment, from + 1)) {
      for (const index of origin.slice(from, from + fragment.length)) hits[index] = true;
    }
  }
  const pieces: { text: string; hit: boolean }[] = [];
  letterList.forEach((letter, index) => {
    const hit = hits[index] ?? false;
    const last = pieces.at(-1);
    if (last && last.hit === hit) last.text += letter;
    else pieces.push({ text: letter, hit });
  });
  return pieces;
}

/** The field that was hit, when none of those in the row was: it then stands in the row, so that the hit is seen. */
export function hiddenHit(person: Person, inRow: string, wanted: readonly string[]): string | null {
  const seen = fold(inRow);
  const missing = wanted.filter((fragment) => !seen.includes(fragment));
  if (missing.length === 0) return null;
  const fields = [person.title, person.email, person.department, ...person.names, ...person.numbers];
  return fields.find((field) => missing.some((fragment) => fold(field).includes(fragment))) ?? null;
}
