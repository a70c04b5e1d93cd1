import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eachMember, type Few, hasMember, members, withMember, withoutMember } from '../../runtime/few.js';

const candidates = [{ name: 'a' }, { name: 'b' }, { name: 'c' }, { name: 'd' }];

test('holds the members that a Set would hold, in the same order, after every step', () => {
  const step = fc.record({ adds: fc.boolean(), member: fc.constantFrom(...candidates) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      let few: Few<(typeof candidates)[number]> = null;
      const model = new Set<(typeof candidates)[number]>();
      for (const { adds, member } of steps) {
        few = adds ? withMember(few, member) : withoutMember(few, member);
        if (adds) model.add(member);
        else model.delete(member);
        const visited: (typeof candidates)[number][] = [];
        eachMember(few, (one) => visited.push(one));
        expect(visited).toEqual([...model]);
        expect(members(few)).toEqual([...model]);
        expect(candidates.map((one) => hasMember(few, one))).toEqual(candidates.map((one) => model.has(one)));
        expect(few === null).toBe(model.size === 0);
      }
    }),
  );
});

test('one member needs no Set of its own', () => {
  const [one = { name: '' }] = candidates;
  expect(withMember(null, one)).toBe(one);
  expect(withMember(withMember(null, one), one)).toBe(one);
});
