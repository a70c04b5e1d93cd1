/** Request and reply: which actor answers, how late, and what becomes of the caller. The servers are plain actors; gen_servers are in serverCalls.ts. */
import type { Scenario } from '../scenario.js';

export const calls: readonly Scenario[] = [
  {
    name: 'a call gets its answer and leaves other messages',
    actors: {
      main: [['send', '<self>', 'mine'], ['spawn', 's'], ['call', '<s>', ['double', 21]], ['flush']],
      s: [
        ['receiveCall', '#f'],
        ['send', '<main>', 'noise'],
        ['replyTo', '#f', ['doubled', 42]],
      ],
    },
    expected: {
      main: '[doubled 42] | mine | noise | [end normal]',
      s: '[double 21] | [end normal]',
    },
  },
  {
    name: 'a call by name',
    actors: {
      main: [
        ['spawn', 's'],
        ['register', 'server', '<s>'],
        ['call', 'server', 'hello'],
        ['awaitEnd', '<s>'],
        ['call', 'server', 'hello'],
      ],
      s: [
        ['receiveCall', '#f'],
        ['replyTo', '#f', 'world'],
      ],
    },
    expected: {
      main: 'world | [failed noproc] | [end normal]',
      s: 'hello | [end normal]',
    },
  },
  {
    name: 'a call to the dead fails with noproc',
    actors: { main: [['spawn', 's'], ['awaitEnd', '<s>'], ['call', '<s>', 'hello'], ['flush']], s: [] },
    expected: {
      main: '[failed noproc] | [end normal]',
      s: '[end normal]',
    },
  },
  {
    name: 'a call fails with the reason its server ends for',
    actors: {
      main: [
        ['spawn', 'a'],
        ['call', '<a>', 'hello'],
        ['spawn', 'b'],
        ['call', '<b>', 'hello'],
        ['spawn', 'c'],
        ['call', '<c>', 'hello'],
        ['flush'],
      ],
      a: [
        ['receiveCall', '#a'],
        ['exit', ['bad', 'request']],
      ],
      b: [['receiveCall', '#b']],
      c: [
        ['receiveCall', '#c'],
        ['exitOther', '<self>', 'kill'],
      ],
    },
    expected: {
      main: '[failed [bad request]] | [failed normal] | [failed killed] | [end normal]',
      a: 'hello | [end [bad request]]',
      b: 'hello | [end normal]',
      c: 'hello | [end killed]',
    },
  },
  {
    name: 'a late answer does not reach who has given up',
    actors: {
      main: [['spawn', 's'], ['call', '<s>', 'slow', 5], ['send', '<s>', 'now'], ['receive'], ['receiveAfter', 0]],
      s: [['receiveCall', '#f'], ['receive'], ['replyTo', '#f', 'late'], ['send', '<main>', 'answered']],
    },
    expected: {
      main: '[failed timeout] | answered | timeout | [end normal]',
      s: 'slow | now | [end normal]',
    },
  },
  {
    name: 'the end of a server after the call has timed out is not told',
    actors: {
      main: [
        ['spawn', 's'],
        ['call', '<s>', 'slow', 5],
        ['send', '<s>', 'now'],
        ['awaitEnd', '<s>'],
        ['receiveAfter', 0],
      ],
      s: [['receiveCall', '#f'], ['receive'], ['exit', 'boom']],
    },
    expected: {
      main: '[failed timeout] | timeout | [end normal]',
      s: 'slow | now | [end boom]',
    },
  },
  {
    name: 'a second answer goes nowhere',
    actors: {
      main: [['spawn', 's'], ['call', '<s>', 'hello'], ['send', '<s>', 'again'], ['receive'], ['receiveAfter', 0]],
      s: [['receiveCall', '#f'], ['replyTo', '#f', 'one'], ['receive'], ['replyTo', '#f', 'two'], ['send', '<main>', 'answered']],
    },
    expected: {
      main: 'one | answered | timeout | [end normal]',
      s: 'hello | again | [end normal]',
    },
  },
  {
    name: 'calls may be answered in any order, and by another',
    actors: {
      main: [
        ['spawn', 's'],
        ['spawn', 'a'],
        ['spawn', 'b'],
        ['send', '<a>', 'go'],
        ['awaitEnd', '<a>'],
        ['awaitEnd', '<b>'],
      ],
      s: [
        ['receiveCall', '#a'],
        ['send', '<b>', 'go'],
        ['receiveCall', '#b'],
        ['spawn', 'h'],
        ['awaitEnd', '<h>'],
        ['replyTo', '#a', 'to a'],
      ],
      a: [['receive'], ['call', '<s>', 'first']],
      b: [['receive'], ['call', '<s>', 'second']],
      h: [['replyTo', '#b', 'to b']],
    },
    expected: {
      main: '[end normal]',
      a: 'go | to a | [end normal]',
      b: 'go | to b | [end normal]',
      h: '[end normal]',
      s: 'first | second | [end normal]',
    },
  },
  {
    name: 'a call of oneself',
    actors: { main: [['call', '<self>', 'hello', 5]] },
    expected: {
      main: '[failed calling_self] | [end normal]',
    },
  },
  {
    name: 'a cast to nobody is silent',
    actors: {
      main: [
        ['spawn', 's'],
        ['awaitEnd', '<s>'],
        ['cast', '<s>', 'hello'],
        ['cast', 'nobody', 'hello'],
        ['note', 'after'],
      ],
      s: [],
    },
    expected: {
      main: 'after | [end normal]',
      s: '[end normal]',
    },
  },
  {
    name: 'casts and calls of one caller keep their order',
    actors: {
      main: [
        ['spawn', 's'],
        ['cast', '<s>', 1],
        ['send', '<s>', 2],
        ['call', '<s>', 3],
        ['awaitEnd', '<s>'],
      ],
      s: [['receive'], ['receive'], ['receiveCall', '#f'], ['replyTo', '#f', 'ok']],
    },
    expected: {
      main: 'ok | [end normal]',
      s: '[$gen_cast 1] | 2 | 3 | [end normal]',
    },
  },
];
