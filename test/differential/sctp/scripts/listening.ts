/** listen (LS). */
import { at, type Script, script } from '../script.js';
import { comesUp, got, listening as listens, open, pair, refused, sends } from './openings.js';

const twoEnds = { twoEnds: true };

/** A peer that is refused only when it has echoed its cookie. Erlang's change has an id then, too (CN-14). */
const tooMany = (assoc: string): string => `error cant_assoc{${assoc}}`;

export const listening: readonly Script[] = [
  script('LS-1, LS-3: a boolean or a number, any number of times, by anybody', [
    open('p', 's'),
    at('p', ['listen', 's', true]),
    at('p2', ['listen', 's', 7]),
    at('p', ['listen', 's', 0]),
    at('p', ['listen', 's', -1]),
    at('p', ['listen', 's', false]),
    at('p', ['listen', 's', 'yes'], 'raises badarg'),
    at('p', ['listen', 's', 1.5], 'raises badarg'),
    open('p', 't', { type: 'stream' }),
    at('p', ['listen', 't', true]),
    at('p', ['listen', 't', 5]),
  ]),
  script(
    'LS-1: of a one-to-one socket one more than the backlog may wait to be accepted',
    [
      open('p', 'l', { type: 'stream' }),
      at('p', ['listen', 'l', 1]),
      open('q', 'c'),
      at('q', ['connect', 'c', 'there', '@l'], comesUp('#1')),
      open('q', 'd'),
      at('q', ['connect', 'd', 'there', '@l'], comesUp('#2')),
      open('q', 'e'),
      at('q', ['connect', 'e', 'there', '@l'], tooMany('#3')),
    ],
    twoEnds,
  ),
  script('LS-1: which is 5 for true', [
    open('p', 'l', { type: 'stream' }),
    at('p', ['listen', 'l', true]),
    ...Array.from({ length: 6 }, (_, n) => [
      open('q', `c${n}`),
      at('q', ['connect', `c${n}`, 'there', '@l'], comesUp(`#${n + 1}`)),
    ]).flat(),
    open('q', 'd'),
    at('q', ['connect', 'd', 'there', '@l'], tooMany('#7')),
  ]),
  script(
    'LS-4: a listening socket may connect',
    [
      ...listens(),
      open('q', 'c'),
      at('q', ['listen', 'c', true]),
      at('p', ['connect', 'l', 'there', '@c'], comesUp('#1')),
      at('q', ['recv', 'c'], `<l: ${comesUp('#2')}`),
      at('q', ['send', 'c', '#2', 0, 'a']),
      at('p', ['recv', 'l'], got('a', 0, '', '#1')),
    ],
    twoEnds,
  ),
  script('LS-5: who does not listen refuses; when it does, the same port works at once', [
    open('p', 'l'),
    open('q', 'c'),
    at('q', ['connect', 'c', 'there', '@l'], refused('#1')),
    at('p', ['listen', 'l', true]),
    at('q', ['connect', 'c', 'there', '@l'], { rule: 'CN-14', mailport: comesUp('#2'), erlang: comesUp('#1') }),
    at('p', ['recv', 'l'], { rule: 'CN-14', mailport: `<c: ${comesUp('#3')}`, erlang: `<c: ${comesUp('#2')}` }),
  ]),
  script('LS-6: listen(false) refuses newcomers, and associations live on', [
    ...pair(),
    at('p', ['listen', 'l', false]),
    open('q', 'd'),
    at('q', ['connect', 'd', 'there', '@l'], refused('#3')),
    ...sends('a'),
    at('p', ['recv', 'l'], got('a', 0, '')),
  ]),
];
