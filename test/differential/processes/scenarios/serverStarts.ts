/** gen_servers that start: init, names, continuations and timeouts. */
import type { Scenario } from '../scenario.js';

export const serverStarts: readonly Scenario[] = [
  {
    name: 'a continuation comes before any message',
    actors: {
      main: [
        ['start', 's'],
        ['call', '<s>', 'first'],
        ['call', '<s>', 'more'],
        ['call', '<s>', 'last'],
      ],
    },
    servers: {
      s: {
        init: { do: [['send', '<self>', 'early']], answer: ['ok', 0, ['continue', 'begin']] },
        continue: {
          begin: { answer: ['noreply', 1, ['continue', ['again', 1]]] },
          again: { answer: ['noreply', 2] },
          rest: { answer: ['noreply', 4] },
        },
        call: {
          first: { answer: ['reply', 'one', '$state'] },
          more: { do: [['send', '<self>', 'queued']], answer: ['reply', 'two', 3, ['continue', 'rest']] },
          last: { answer: ['reply', 'three', '$state'] },
        },
      },
    },
    expected: {
      main: '[ok <s>] | one | two | three | [end normal]',
      s: [
        '[init] | [continue begin 0] | [continue [again 1] 1] | [info early 2] | [call first 2] | [call more 2]',
        '[continue rest 3] | [info queued 4] | [call last 4] | [end still_alive]',
      ],
    },
  },
  {
    name: 'a continuation may stop a server that has started',
    actors: { main: [['trapExit', true], ['startLink', 's'], ['receive'], ['awaitEnd', '<s>']] },
    servers: { s: { init: { answer: ['ok', 0, ['continue', 'go']] }, continue: { go: { answer: ['stop', 'no_way', 1] } } } },
    expected: {
      main: '[ok <s>] | [EXIT <s> no_way] | [end normal]',
      s: '[init] | [continue go 0] | [terminate no_way 1] | [end no_way]',
    },
  },
  {
    name: 'a start does not wait for the continuation',
    actors: {
      main: [
        ['start', 's'],
        ['send', '<s>', 'go'],
        ['call', '<s>', 'sync'],
      ],
    },
    servers: {
      s: {
        init: { answer: ['ok', 0, ['continue', 'slow']] },
        continue: { slow: { do: [['receive']], answer: ['noreply', 1] } },
        call: { sync: { answer: ['reply', 'ok', '$state'] } },
      },
    },
    expected: {
      main: '[ok <s>] | ok | [end normal]',
      s: '[init] | [continue slow 0] | go | [call sync 1] | [end still_alive]',
    },
  },
  {
    name: 'a timeout comes as the message timeout',
    actors: { main: [['start', 's'], ['receive'], ['call', '<s>', 'arm'], ['receive']] },
    servers: {
      s: {
        init: { answer: ['ok', 0, 1] },
        call: { arm: { answer: ['reply', 'armed', 1, 1] } },
        info: { timeout: { do: [['send', '<main>', 'timed out']], answer: ['noreply', '$state'] } },
      },
    },
    expected: {
      main: '[ok <s>] | timed out | armed | timed out | [end normal]',
      s: '[init] | [info timeout 0] | [call arm 0] | [info timeout 1] | [end still_alive]',
    },
  },
  {
    name: 'a timeout of 0 gives way to a message that waits',
    actors: {
      main: [
        ['start', 's'],
        ['call', '<s>', 'sync'],
      ],
    },
    servers: {
      s: {
        init: { do: [['send', '<self>', 'waiting']], answer: ['ok', 0, 0] },
        call: { sync: { answer: ['reply', 'ok', '$state'] } },
      },
    },
    expected: {
      main: '[ok <s>] | ok | [end normal]',
      s: '[init] | [info waiting 0] | [call sync 0] | [end still_alive]',
    },
  },
  {
    name: 'a timeout of 0 comes if nothing waits',
    actors: { main: [['start', 's'], ['receive'], ['call', '<s>', 'sync'], ['receive']] },
    servers: {
      s: {
        init: { answer: ['ok', 0, 0] },
        call: { sync: { answer: ['reply', 'ok', 1, 0] } },
        info: { timeout: { do: [['send', '<main>', 'timed out']], answer: ['noreply', '$state'] } },
      },
    },
    expected: {
      main: '[ok <s>] | timed out | ok | timed out | [end normal]',
      s: '[init] | [info timeout 0] | [call sync 0] | [info timeout 1] | [end still_alive]',
    },
  },
  {
    name: 'a message in time takes the timeout away',
    actors: {
      main: [
        ['start', 's'],
        ['cast', '<s>', 'arm'],
        ['cast', '<s>', 'disarm'],
        ['sendAfter', 300, '<self>', 'later', '#l'],
        ['receive'],
        ['call', '<s>', 'sync'],
      ],
    },
    servers: {
      s: {
        cast: { arm: { answer: ['noreply', 'armed', 150] }, disarm: { answer: ['noreply', 'disarmed'] } },
        call: { sync: { answer: ['reply', 'ok', '$state'] } },
      },
    },
    expected: {
      main: '[ok <s>] | later | ok | [end normal]',
      s: '[init] | [cast arm 0] | [cast disarm armed] | [call sync disarmed] | [end still_alive]',
    },
  },
  {
    name: 'an init that says ignore, or stop, or fails',
    actors: {
      main: [
        ['start', 'a'],
        ['start', 'b'],
        ['start', 'c'],
        ['awaitEnd', '<a>'],
        ['awaitEnd', '<b>'],
        ['awaitEnd', '<c>'],
      ],
    },
    servers: {
      a: { init: { answer: 'ignore' } },
      b: { init: { answer: ['stop', 'not_today'] } },
      c: { init: { do: [['raise', ['no', 'config']]] } },
    },
    expected: {
      main: 'ignore | [error not_today] | [error [no config]] | [end normal]',
      a: '[init] | [end normal]',
      b: '[init] | [end not_today]',
      c: '[init] | [end [no config]]',
    },
  },
  {
    name: 'an init that stops, linked to one who does not trap exits',
    actors: {
      main: [
        ['spawn', 'a'],
        ['awaitEnd', '<a>'],
      ],
      a: [
        ['startLink', 's'],
        ['note', 'after'],
      ],
    },
    servers: { s: { init: { answer: ['stop', 'normal'] } } },
    expected: {
      main: '[end normal]',
      a: '[error normal] | after | [end normal]',
      s: '[init] | [end normal]',
    },
  },
  {
    name: 'one who traps exits is told twice of a linked server whose init stops',
    actors: {
      main: [
        ['trapExit', true],
        ['startLink', 's'],
        ['awaitEnd', '<s>'],
        ['receiveAfter', 0],
      ],
    },
    servers: { s: { init: { answer: ['stop', 'not_today'] } } },
    untilRelease: 25,
    differs: {
      because: 'as OTP 26, which takes the EXIT that says the same as the error',
      traces: { main: '[error not_today] | timeout | [end normal]' },
    },
    expected: {
      main: '[error not_today] | [EXIT <s> not_today] | [end normal]',
      s: '[init] | [end not_today]',
    },
  },
  {
    name: 'an init that takes too long is killed',
    actors: {
      main: [
        ['trapExit', true],
        ['startLink', 's', { timeoutMs: 20 }],
        ['awaitEnd', '<s>'],
        ['receiveAfter', 0],
      ],
    },
    servers: { s: { trapExit: true, init: { do: [['receive']], answer: ['ok', 0] } } },
    expected: {
      main: '[error timeout] | timeout | [end normal]',
      s: '[init] | [end killed]',
    },
  },
  {
    name: 'a name that is taken is already_started, and init is not called',
    actors: {
      main: [
        ['start', 'a', { name: 'server' }],
        ['start', 'b', { name: 'server' }],
        ['whereis', 'server'],
        ['call', 'server', 'hello'],
      ],
    },
    servers: { a: { call: { hello: { answer: ['reply', 'from a', 0] } } }, b: {} },
    expected: {
      main: '[ok <a>] | [error [already_started <a>]] | <a> | from a | [end normal]',
      a: '[init] | [call hello 0] | [end still_alive]',
    },
  },
  {
    name: 'a server has its name before init is called, and it is free when the server has stopped',
    actors: {
      main: [
        ['start', 's', { name: 'server' }],
        ['stop', 'server'],
        ['whereis', 'server'],
        ['start', 's', { name: 'server' }],
        ['whereis', 'server'],
        ['stop', 'server'],
        ['awaitEnd', '<s>'],
        ['awaitEnd', '<s/2>'],
      ],
    },
    servers: { s: { init: { do: [['whereis', 'server']], answer: ['ok', 0] } } },
    expected: {
      main: '[ok <s>] | ok | undefined | [ok <s/2>] | <s/2> | ok | [end normal]',
      s: '[init] | <s> | [terminate normal 0] | [end normal]',
      's/2': '[init] | <s/2> | [terminate normal 0] | [end normal]',
    },
  },
];
