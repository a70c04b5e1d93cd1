/** gen_servers that end: when terminate is called, and with which reason they go. */
import type { Scenario } from '../scenario.js';

export const serverEnds: readonly Scenario[] = [
  {
    name: 'a server that exits in a callback goes through terminate too',
    actors: { main: [['start', 's'], ['monitor', '<s>', '#s'], ['cast', '<s>', 'leave'], ['receive'], ['awaitEnd', '<s>']] },
    servers: {
      s: {
        cast: {
          leave: {
            do: [
              ['exit', 'left'],
              ['note', 'after'],
            ],
          },
        },
      },
    },
    expected: {
      main: '[ok <s>] | [DOWN #s process <s> left] | [end normal]',
      s: '[init] | [cast leave 0] | [terminate left 0] | [end left]',
    },
  },
  {
    name: 'a cast and a message may stop a server',
    actors: {
      main: [
        ['start', 'a'],
        ['monitor', '<a>', '#a'],
        ['cast', '<a>', 'quit'],
        ['receive'],
        ['start', 'b'],
        ['monitor', '<b>', '#b'],
        ['send', '<b>', ['quit', 1]],
        ['receive'],
        ['awaitEnd', '<a>'],
        ['awaitEnd', '<b>'],
      ],
    },
    servers: {
      a: { cast: { quit: { answer: ['stop', 'shutdown', 1] } } },
      b: { info: { quit: { answer: ['stop', 'boom', 2] } } },
    },
    expected: {
      main: '[ok <a>] | [DOWN #a process <a> shutdown] | [ok <b>] | [DOWN #b process <b> boom] | [end normal]',
      a: '[init] | [cast quit 0] | [terminate shutdown 1] | [end shutdown]',
      b: '[init] | [info [quit 1] 0] | [terminate boom 2] | [end boom]',
    },
  },
  {
    name: 'stop from outside ends a server after terminate',
    actors: {
      main: [
        ['start', 'a'],
        ['stop', '<a>'],
        ['isAlive', '<a>'],
        ['start', 'b'],
        ['stop', '<b>', ['shutdown', 'now']],
        ['stop', '<b>'],
        ['awaitEnd', '<a>'],
        ['awaitEnd', '<b>'],
        ['flush'],
      ],
    },
    servers: { a: {}, b: {} },
    expected: {
      main: '[ok <a>] | ok | false | [ok <b>] | ok | [failed noproc] | [end normal]',
      a: '[init] | [terminate normal 0] | [end normal]',
      b: '[init] | [terminate [shutdown now] 0] | [end [shutdown now]]',
    },
  },
  {
    name: 'what terminate fails with is the reason instead',
    actors: { main: [['start', 's'], ['monitor', '<s>', '#s'], ['stop', '<s>'], ['receive'], ['awaitEnd', '<s>']] },
    servers: { s: { terminate: { do: [['raise', 'untidy']] } } },
    expected: {
      main: '[ok <s>] | [failed untidy] | [DOWN #s process <s> untidy] | [end normal]',
      s: '[init] | [terminate normal 0] | [end untidy]',
    },
  },
  {
    name: 'stop of nobody is noproc',
    actors: {
      main: [
        ['start', 's'],
        ['stop', '<s>'],
        ['awaitEnd', '<s>'],
        ['stop', '<s>'],
        ['stop', 'nobody'],
      ],
    },
    servers: { s: {} },
    expected: {
      main: '[ok <s>] | ok | [failed noproc] | [failed noproc] | [end normal]',
      s: '[init] | [terminate normal 0] | [end normal]',
    },
  },
  {
    name: 'a server that traps exits tidies up when its parent ends it, and takes other exits as messages',
    actors: {
      main: [
        ['spawn', 'parent'],
        ['receive'],
        ['exitOther', '<s>', 'other'],
        ['call', '<s>', 'sync'],
        ['send', '<parent>', 'go'],
        ['awaitEnd', '<s>'],
      ],
      parent: [['startLink', 's'], ['send', '<main>', 'started'], ['receive'], ['exit', 'parent_gone']],
    },
    servers: { s: { trapExit: true, call: { sync: { answer: ['reply', 'ok', 1] } } } },
    expected: {
      main: 'started | ok | [end normal]',
      parent: '[ok <s>] | go | [end parent_gone]',
      s: '[init] | [info [EXIT <main> other] 0] | [call sync 0] | [terminate parent_gone 1] | [end parent_gone]',
    },
  },
  {
    name: 'a server that traps exits ends with its parent also when that ends normal',
    actors: {
      main: [
        ['spawn', 'parent'],
        ['awaitEnd', '<parent>'],
        ['awaitEnd', '<s>'],
      ],
      parent: [['startLink', 's']],
    },
    servers: { s: { trapExit: true } },
    expected: {
      main: '[end normal]',
      parent: '[ok <s>] | [end normal]',
      s: '[init] | [terminate normal 0] | [end normal]',
    },
  },
  {
    name: 'a server that does not trap exits ends without terminate',
    actors: {
      main: [['start', 's'], ['monitor', '<s>', '#s'], ['exitOther', '<s>', 'boom'], ['receive'], ['awaitEnd', '<s>']],
    },
    servers: { s: {} },
    expected: {
      main: '[ok <s>] | [DOWN #s process <s> boom] | [end normal]',
      s: '[init] | [end boom]',
    },
  },
  {
    name: 'a killed server does not tidy up',
    actors: {
      main: [['start', 's'], ['monitor', '<s>', '#s'], ['exitOther', '<s>', 'kill'], ['receive'], ['awaitEnd', '<s>']],
    },
    servers: { s: { trapExit: true } },
    expected: {
      main: '[ok <s>] | [DOWN #s process <s> killed] | [end normal]',
      s: '[init] | [end killed]',
    },
  },
  {
    name: 'terminate may end a server for another reason, and may fail with normal',
    actors: {
      main: [
        ['start', 'a'],
        ['cast', '<a>', 'crash'],
        ['start', 'b'],
        ['cast', '<b>', 'crash'],
        ['awaitEnd', '<a>'],
        ['awaitEnd', '<b>'],
      ],
    },
    servers: {
      a: { cast: { crash: { do: [['raise', 'crash']] } }, terminate: { do: [['exit', 'other']] } },
      b: { cast: { crash: { do: [['raise', 'crash']] } }, terminate: { do: [['raise', 'normal']] } },
    },
    expected: {
      main: '[ok <a>] | [ok <b>] | [end normal]',
      a: '[init] | [cast crash 0] | [terminate crash 0] | [end other]',
      b: '[init] | [cast crash 0] | [terminate crash 0] | [end normal]',
    },
  },
  {
    name: 'what a server is linked to takes it along without terminate, unless it traps exits',
    actors: {
      main: [
        ['start', 'a'],
        ['call', '<a>', 'link'],
        ['send', '<c>', 'go'],
        ['awaitEnd', '<a>'],
        ['start', 'b'],
        ['call', '<b>', 'link'],
        ['send', '<c/2>', 'go'],
        ['awaitEnd', '<c/2>'],
        ['call', '<b>', 'sync'],
      ],
      c: [['receive'], ['exit', 'crash']],
    },
    servers: {
      a: { call: { link: { do: [['spawnLink', 'c']], answer: ['reply', 'linked', 1] } } },
      b: {
        trapExit: true,
        call: { link: { do: [['spawnLink', 'c']], answer: ['reply', 'linked', 1] }, sync: { answer: ['reply', 'ok', 2] } },
      },
    },
    expected: {
      main: '[ok <a>] | linked | [ok <b>] | linked | ok | [end normal]',
      a: '[init] | [call link 0] | [end crash]',
      b: '[init] | [call link 0] | [info [EXIT <c/2> crash] 1] | [call sync 1] | [end still_alive]',
      c: 'go | [end crash]',
      'c/2': 'go | [end crash]',
    },
  },
  {
    name: 'stop compares reasons by what they hold',
    actors: {
      main: [
        ['start', 's'],
        ['stop', '<s>', ['shutdown', 'why']],
        ['awaitEnd', '<s>'],
      ],
    },
    servers: { s: { terminate: { do: [['exit', ['shutdown', 'why']]] } } },
    expected: {
      main: '[ok <s>] | ok | [end normal]',
      s: '[init] | [terminate [shutdown why] 0] | [end [shutdown why]]',
    },
  },
];
