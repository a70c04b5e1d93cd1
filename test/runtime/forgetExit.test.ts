/** A behaviour that has ended a link itself takes the message that tells of it out of its mailbox, and no message that only looks like it. */
import { send, spawn } from 'mailport';
import { expect, test } from 'vitest';
import { forgetExit, forgetExits } from '../../runtime/behaviour.js';
import { flush, testSystem } from './testSystem.js';

test('forgetting the exit messages of one actor, or of several, leaves all other messages', async () => {
  const { main, system } = testSystem();
  const [one, two, three] = [1, 2, 3].map(() => spawn((self) => self.receive(), { system }));
  const exits = [one!, two!, three!].map((pid) => ['EXIT', pid, 'normal']);
  const others = [['DOWN', one], [one], one, 'EXIT', ['EXIT'], ['EXIT', 'x', one]];
  const fill = () => {
    for (const message of [...others, ...exits]) send(main.pid, message);
  };
  fill();
  forgetExit(main, one!);
  expect(await flush(main)).toEqual([...others, exits[1], exits[2]]);
  fill();
  forgetExits(main, new Set([one!, three!]));
  expect(await flush(main)).toEqual([...others, exits[1]]);
  fill();
  forgetExits(main, new Set());
  expect(await flush(main)).toEqual([...others, ...exits]);
});
