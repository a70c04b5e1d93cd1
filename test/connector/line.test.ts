/** The line of those who wait, against an array. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Line, type Place } from '../../actors/connector/line.js';

test('whoever joins, leaves or is taken, the line is in the order of coming', () => {
  const step = fc.oneof(fc.constant('join'), fc.constant('next'), fc.nat(20));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const line = new Line<number>();
      const places: Place<number>[] = [];
      let model: number[] = [];
      for (const [index, each] of steps.entries()) {
        if (each === 'join') {
          places.push(line.join(index));
          model.push(index);
        } else if (each === 'next') {
          expect(line.next()).toBe(model.shift());
        } else {
          const place = places[Number(each) % Math.max(places.length, 1)];
          if (place === undefined) continue;
          line.leave(place);
          model = model.filter((one) => one !== place.waiter);
        }
        expect(line.length).toBe(model.length);
      }
      for (const one of model) expect(line.next()).toBe(one);
      expect(line.next()).toBeUndefined();
    }),
  );
});
