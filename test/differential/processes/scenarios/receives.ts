/** The mailbox: which messages receive takes, and which it leaves. */
import type { Scenario } from '../scenario.js';

export const receives: readonly Scenario[] = [
  {
    name: 'messages of one sender come in the order sent',
    actors: {
      main: [['spawn', 'b'], ['receive'], ['receive'], ['receive']],
      b: [
        ['send', '<main>', 'one'],
        ['send', '<main>', ['two', '<b>']],
        ['send', '<main>', { list: [3, true] }],
      ],
    },
    expected: {
      main: 'one | [two <b>] | [3 true] | [end normal]',
      b: '[end normal]',
    },
  },
  {
    name: 'a selective receive leaves the others in their order',
    actors: {
      main: [
        ['send', '<self>', ['a', 1]],
        ['send', '<self>', ['b', 2]],
        ['send', '<self>', ['a', 3]],
        ['send', '<self>', ['b', 4]],
        ['receive', { tag: 'b' }],
        ['receive'],
        ['receive', ['b', '_']],
        ['receive'],
      ],
    },
    expected: {
      main: '[b 2] | [a 1] | [b 4] | [a 3] | [end normal]',
    },
  },
  {
    name: 'a selective receive passes over any number of others',
    actors: {
      main: [
        ['spawn', 'b'],
        ['receive', 'last'],
        ['mailboxLength'],
        ['receive', { tag: 'wanted' }],
        ['mailboxLength'],
        ['receive'],
        ['receive', ['wanted', 2]],
        ['mailboxLength'],
      ],
      b: [
        ['send', '<main>', 'first'],
        ['repeat', 150, [['send', '<main>', ['other', 0]]]],
        ['send', '<main>', ['wanted', 1]],
        ['repeat', 150, [['send', '<main>', ['other', 1]]]],
        ['send', '<main>', ['wanted', 2]],
        ['send', '<main>', 'last'],
      ],
    },
    expected: {
      main: 'last | 303 | [wanted 1] | 302 | first | [wanted 2] | 300 | [end normal]',
      b: '[end normal]',
    },
  },
  {
    name: 'a selective receive waits for its message, whatever else comes',
    actors: {
      main: [['spawn', 'b'], ['receive', ['answer', '_']], ['flush']],
      b: [
        ['send', '<main>', 'noise'],
        ['send', '<main>', ['noise', 1]],
        ['send', '<main>', ['answer', 42]],
      ],
    },
    expected: {
      main: '[answer 42] | noise | [noise 1] | [end normal]',
      b: '[end normal]',
    },
  },
  {
    name: 'of equal messages the oldest is taken, each once',
    actors: {
      main: [
        ['send', '<self>', ['x', 1]],
        ['send', '<self>', 'y'],
        ['send', '<self>', ['x', 1]],
        ['receive', ['x', 1]],
        ['receive', ['x', 1]],
        ['receiveAfter', 0, ['x', 1]],
        ['flush'],
      ],
    },
    expected: {
      main: '[x 1] | [x 1] | timeout | y | [end normal]',
    },
  },
  {
    name: 'a receive by reference takes the answer that carries it',
    actors: {
      main: [
        ['makeRef', '#one'],
        ['makeRef', '#two'],
        ['spawn', 'b'],
        ['receive', { ref: '#two' }],
        ['receive', { ref: '#one' }],
        ['receive', { ref: '#one' }],
        ['flush'],
      ],
      b: [
        ['send', '<main>', ['#one', 'first']],
        ['send', '<main>', ['answer', '#two', 'second']],
        ['send', '<main>', ['answer', 'third', '#one']],
        ['send', '<main>', ['answer', '#one', 'fourth']],
      ],
    },
    expected: {
      main: '[answer #two second] | [#one first] | [answer #one fourth] | [answer third #one] | [end normal]',
      b: '[end normal]',
    },
  },
  {
    name: 'after 0 on an empty mailbox is a timeout',
    actors: {
      main: [
        ['receiveAfter', 0],
        ['receiveAfter', 0, ['x', '_']],
        ['receiveAfter', 0, { tag: 'x' }],
      ],
    },
    expected: {
      main: 'timeout | timeout | timeout | [end normal]',
    },
  },
  {
    name: 'after 0 takes a message that is there',
    actors: {
      main: [
        ['send', '<self>', 'a'],
        ['send', '<self>', ['x', 1]],
        ['receiveAfter', 0, { tag: 'x' }],
        ['receiveAfter', 0],
        ['receiveAfter', 0],
      ],
    },
    expected: {
      main: '[x 1] | a | timeout | [end normal]',
    },
  },
  {
    name: 'after 0 leaves what does not match, in order',
    actors: {
      main: [
        ['send', '<self>', ['a', 1]],
        ['send', '<self>', ['b', 1]],
        ['receiveAfter', 0, { tag: 'x' }],
        ['receiveAfter', 0, ['x', '_']],
        ['flush'],
      ],
    },
    expected: {
      main: 'timeout | timeout | [a 1] | [b 1] | [end normal]',
    },
  },
  {
    name: 'a timeout loses nothing that came meanwhile',
    actors: {
      main: [['spawn', 'b'], ['receiveAfter', 20, { tag: 'never' }], ['receive'], ['receive']],
      b: [
        ['send', '<main>', ['a', 1]],
        ['send', '<main>', ['b', 2]],
      ],
    },
    expected: {
      main: 'timeout | [a 1] | [b 2] | [end normal]',
      b: '[end normal]',
    },
  },
  {
    name: 'a message in time stops the timeout',
    actors: {
      main: [
        ['spawn', 'b'],
        ['receiveAfter', 60000],
        ['receiveAfter', 0],
      ],
      b: [['send', '<main>', 'in time']],
    },
    expected: {
      main: 'in time | timeout | [end normal]',
      b: '[end normal]',
    },
  },
  {
    name: 'messages of two senders are each in order',
    actors: {
      main: [
        ['spawn', 'a'],
        ['spawn', 'b'],
        ['receive', ['b', 1]],
        ['receive', ['a', '_']],
        ['receive', ['b', '_']],
        ['receive', ['a', '_']],
      ],
      a: [
        ['send', '<main>', ['a', 1]],
        ['send', '<main>', ['a', 2]],
      ],
      b: [
        ['send', '<main>', ['b', 1]],
        ['send', '<main>', ['b', 2]],
      ],
    },
    expected: {
      main: '[b 1] | [a 1] | [b 2] | [a 2] | [end normal]',
      a: '[end normal]',
      b: '[end normal]',
    },
  },
  {
    name: 'two actors take turns',
    actors: {
      main: [
        ['spawn', 'b'],
        [
          'repeat',
          3,
          [
            ['send', '<b>', ['ping', '<self>']],
            ['receive', { tag: 'pong' }],
          ],
        ],
        ['awaitEnd', '<b>'],
      ],
      b: [
        [
          'repeat',
          3,
          [
            ['receive', { tag: 'ping' }],
            ['send', '<main>', ['pong', '<self>']],
          ],
        ],
      ],
    },
    expected: {
      main: '[pong <b>] | [pong <b>] | [pong <b>] | [end normal]',
      b: '[ping <main>] | [ping <main>] | [ping <main>] | [end normal]',
    },
  },
  {
    name: 'an EXIT is received selectively like any message',
    actors: {
      main: [['trapExit', true], ['spawnLink', 'b'], ['receive', { tag: 'EXIT' }], ['receive'], ['receive']],
      b: [
        ['send', '<main>', ['a', 1]],
        ['send', '<main>', ['b', 2]],
        ['exit', 'boom'],
      ],
    },
    expected: {
      main: '[EXIT <b> boom] | [a 1] | [b 2] | [end normal]',
      b: '[end boom]',
    },
  },
  {
    name: 'an EXIT comes after the messages sent before it',
    actors: {
      main: [['trapExit', true], ['spawnLink', 'b'], ['receive'], ['receive'], ['receive'], ['receiveAfter', 0]],
      b: [
        ['send', '<main>', 1],
        ['send', '<main>', 2],
        ['exit', 'boom'],
      ],
    },
    expected: {
      main: '1 | 2 | [EXIT <b> boom] | timeout | [end normal]',
      b: '[end boom]',
    },
  },
];
