/** gen_servers and their callers: how callbacks answer, and what becomes of a call when the server ends. */
import type { Scenario } from '../scenario.js';

export const serverCalls: readonly Scenario[] = [
  {
    name: 'a server answers calls, and keeps what a callback makes of its state',
    actors: {
      main: [
        ['start', 's'],
        ['call', '<s>', ['add', 2]],
        ['call', '<s>', 'get'],
        ['cast', '<s>', 'reset'],
        ['send', '<s>', 'hello'],
        ['call', '<s>', 'get'],
      ],
    },
    servers: {
      s: {
        init: { answer: ['ok', 40] },
        call: { add: { answer: ['reply', 'added', 42] }, get: { answer: ['reply', '$state', '$state'] } },
        cast: { reset: { answer: ['noreply', 0] } },
        info: { hello: { answer: ['noreply', 1] } },
      },
    },
    expected: {
      main: '[ok <s>] | added | 42 | 1 | [end normal]',
      s: ['[init] | [call [add 2] 40] | [call get 42] | [cast reset 42] | [info hello 0] | [call get 1]', '[end still_alive]'],
    },
  },
  {
    name: 'a call may be answered later, from another callback',
    actors: {
      main: [['start', 's'], ['spawn', 'a'], ['receive'], ['cast', '<s>', 'answer'], ['awaitEnd', '<a>']],
      a: [['call', '<s>', 'ask']],
    },
    servers: {
      s: {
        call: {
          ask: {
            do: [
              ['keepFrom', '#a'],
              ['send', '<main>', 'asked'],
            ],
            answer: ['noreply', 'asked'],
          },
        },
        cast: { answer: { do: [['replyTo', '#a', 'at last']], answer: ['noreply', 'answered'] } },
      },
    },
    expected: {
      main: '[ok <s>] | asked | [end normal]',
      a: 'at last | [end normal]',
      s: '[init] | [call ask 0] | [cast answer asked] | [end still_alive]',
    },
  },
  {
    name: 'a server may answer before its callback returns',
    actors: { main: [['start', 's'], ['call', '<s>', 'ask'], ['receive']] },
    servers: {
      s: {
        call: {
          ask: {
            do: [
              ['keepFrom', '#f'],
              ['replyTo', '#f', 'early'],
              ['send', '<main>', 'working'],
            ],
            answer: ['noreply', 1],
          },
        },
      },
    },
    expected: {
      main: '[ok <s>] | early | working | [end normal]',
      s: '[init] | [call ask 0] | [end still_alive]',
    },
  },
  {
    name: 'a late answer of a server does not reach who has given up',
    actors: {
      main: [
        ['start', 's'],
        ['call', '<s>', 'ask', 5],
        ['cast', '<s>', 'answer'],
        ['call', '<s>', 'sync'],
        ['receiveAfter', 0],
      ],
    },
    servers: {
      s: {
        call: { ask: { do: [['keepFrom', '#f']], answer: ['noreply', 1] }, sync: { answer: ['reply', 'ok', 2] } },
        cast: { answer: { do: [['replyTo', '#f', 'late']], answer: ['noreply', 1] } },
      },
    },
    expected: {
      main: '[ok <s>] | [failed timeout] | ok | timeout | [end normal]',
      s: '[init] | [call ask 0] | [cast answer 1] | [call sync 1] | [end still_alive]',
    },
  },
  {
    name: 'stop with an answer calls terminate before the caller has it',
    actors: {
      main: [
        ['start', 's'],
        ['call', '<s>', 'quit'],
        ['log', 'answered'],
        ['awaitEnd', '<s>'],
      ],
    },
    servers: {
      s: { call: { quit: { answer: ['stop', 'normal', 'bye', 'last'] } }, terminate: { do: [['log', 'terminated']] } },
    },
    expected: {
      main: '[ok <s>] | bye | [end normal]',
      log: 'terminated | answered',
      s: '[init] | [call quit 0] | [terminate normal last] | [end normal]',
    },
  },
  {
    name: 'stop without an answer fails the call with the reason',
    actors: {
      main: [
        ['start', 's'],
        ['call', '<s>', 'quit'],
        ['awaitEnd', '<s>'],
      ],
    },
    servers: { s: { call: { quit: { answer: ['stop', 'enough', 'last'] } } } },
    expected: {
      main: '[ok <s>] | [failed enough] | [end normal]',
      s: '[init] | [call quit 0] | [terminate enough last] | [end enough]',
    },
  },
  {
    name: 'the answer that comes with stop is given even if terminate fails',
    actors: {
      main: [
        ['start', 's'],
        ['call', '<s>', 'quit'],
        ['awaitEnd', '<s>'],
      ],
    },
    servers: { s: { call: { quit: { answer: ['stop', 'normal', 'bye', 1] } }, terminate: { do: [['raise', 'untidy']] } } },
    expected: {
      main: '[ok <s>] | bye | [end normal]',
      s: '[init] | [call quit 0] | [terminate normal 1] | [end untidy]',
    },
  },
  {
    name: 'a server that fails in a call fails the call with its reason, after terminate',
    actors: {
      main: [
        ['start', 's'],
        ['call', '<s>', 'crash'],
        ['call', '<s>', 'crash'],
        ['awaitEnd', '<s>'],
      ],
    },
    servers: { s: { call: { crash: { do: [['raise', ['bad', 'request']]] } } } },
    expected: {
      main: '[ok <s>] | [failed [bad request]] | [failed noproc] | [end normal]',
      s: '[init] | [call crash 0] | [terminate [bad request] 0] | [end [bad request]]',
    },
  },
  {
    name: 'the end of a server fails all calls that wait for it',
    actors: {
      main: [
        ['start', 's'],
        ['spawn', 'a'],
        ['receive'],
        ['spawn', 'b'],
        ['receive'],
        ['exitOther', '<s>', 'kill'],
        ['awaitEnd', '<a>'],
        ['awaitEnd', '<b>'],
      ],
      a: [['call', '<s>', 'ask']],
      b: [['call', '<s>', 'ask']],
    },
    servers: { s: { call: { ask: { do: [['send', '<main>', 'asked']], answer: ['noreply', 0] } } } },
    expected: {
      main: '[ok <s>] | asked | asked | [end normal]',
      a: '[failed killed] | [end normal]',
      b: '[failed killed] | [end normal]',
      s: '[init] | [call ask 0] | [call ask 0] | [end killed]',
    },
  },
  {
    name: 'two servers may call each other in turn',
    actors: {
      main: [
        ['start', 'a'],
        ['start', 'b'],
        ['call', '<a>', 'ask'],
      ],
    },
    servers: {
      a: { call: { ask: { do: [['call', '<b>', 'deeper']], answer: ['reply', 'done', 1] } } },
      b: { call: { deeper: { answer: ['reply', 'deep', 1] } } },
    },
    expected: {
      main: '[ok <a>] | [ok <b>] | done | [end normal]',
      a: '[init] | [call ask 0] | deep | [end still_alive]',
      b: '[init] | [call deeper 0] | [end still_alive]',
    },
  },
  {
    name: 'a server that calls itself',
    actors: {
      main: [
        ['start', 's'],
        ['call', '<s>', 'recurse'],
      ],
    },
    servers: {
      s: {
        call: {
          recurse: { do: [['call', '<self>', 'again', 10]], answer: ['reply', 'done', 1] },
          again: { answer: ['reply', 'again', 2] },
        },
      },
    },
    expected: {
      main: '[ok <s>] | done | [end normal]',
      s: '[init] | [call recurse 0] | [failed calling_self] | [end still_alive]',
    },
  },
  {
    name: 'a result of another shape ends a server with bad_return_value',
    actors: {
      main: [
        ['start', 'a'],
        ['call', '<a>', 'ask'],
        ['start', 'b'],
        ['monitor', '<b>', '#b'],
        ['cast', '<b>', 'tell'],
        ['receive'],
        ['start', 'c'],
        ['awaitEnd', '<a>'],
        ['awaitEnd', '<b>'],
        ['awaitEnd', '<c>'],
      ],
    },
    servers: {
      a: { call: { ask: { answer: 'nonsense' } } },
      b: { cast: { tell: { answer: ['reply', 'nobody', 1] } } },
      c: { init: { answer: ['ready', 1] } },
    },
    expected: {
      main: [
        '[ok <a>] | [failed [bad_return_value nonsense]] | [ok <b>]',
        '[DOWN #b process <b> [bad_return_value [reply nobody 1]]] | [error [bad_return_value [ready 1]]]',
        '[end normal]',
      ],
      a: '[init] | [call ask 0] | [terminate [bad_return_value nonsense] 0] | [end [bad_return_value nonsense]]',
      b: [
        '[init] | [cast tell 0] | [terminate [bad_return_value [reply nobody 1]] 0]',
        '[end [bad_return_value [reply nobody 1]]]',
      ],
      c: '[init] | [end [bad_return_value [ready 1]]]',
    },
  },
];
