/** Actors and child specifications that scenarios of supervisors have in common. */
import type { ChildData, Step } from '../scenario.js';

/** Records in the log when it is shut down. */
export const worker = (name: string): readonly Step[] => [
  ['trapExit', true],
  ['ready'],
  ['receive'],
  ['log', [name, 'stops']],
  ['exit', 'shutdown'],
];

/** Ends by itself when told, with that reason. */
export const ending = (reason: string): readonly Step[] => [['receive'], ['exit', reason]];

/** Of three children the one in the middle crashes when told. */
export const three = { a: worker('a'), b: ending('crash'), c: worker('c') };

export const children: readonly ChildData[] = [
  { id: 'a', start: 'a' },
  { id: 'b', start: 'b' },
  { id: 'c', start: 'c' },
];
