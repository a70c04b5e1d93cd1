/** Which children a supervisor restarts, and in which order. */
import type { Scenario } from '../scenario.js';
import { children, ending, three, worker } from './children.js';

export const supervisorRestarts: readonly Scenario[] = [
  {
    name: 'one_for_one restarts the child that failed',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['send', '<b>', 'go'],
        ['awaitStart', 'b/2'],
        ['whichChildren', '<sup>'],
      ],
      ...three,
    },
    supervisors: { sup: { strategy: 'one_for_one', children } },
    expected: {
      main: '[ok <sup>] | [[a <a> worker] [b <b/2> worker] [c <c> worker]] | [end normal]',
      log: '[started <a>] | [started <b>] | [started <c>] | [started <b/2>] | [c stops] | [a stops]',
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      b: 'go | [end crash]',
      'b/2': '[end shutdown]',
      c: '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end normal]',
    },
  },
  {
    name: 'one_for_all stops the others in the opposite order and starts all in order',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['send', '<b>', 'go'],
        ['awaitStart', 'c/2'],
        ['whichChildren', '<sup>'],
      ],
      ...three,
    },
    supervisors: { sup: { strategy: 'one_for_all', children } },
    expected: {
      main: '[ok <sup>] | [[a <a/2> worker] [b <b/2> worker] [c <c/2> worker]] | [end normal]',
      log: [
        '[started <a>] | [started <b>] | [started <c>] | [c stops] | [a stops] | [started <a/2>] | [started <b/2>]',
        '[started <c/2>] | [c stops] | [a stops]',
      ],
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      'a/2': '[EXIT <sup> shutdown] | [end shutdown]',
      b: 'go | [end crash]',
      'b/2': '[end shutdown]',
      c: '[EXIT <sup> shutdown] | [end shutdown]',
      'c/2': '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end normal]',
    },
  },
  {
    name: 'rest_for_one stops and restarts what comes after',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['send', '<b>', 'go'],
        ['awaitStart', 'd/2'],
        ['whichChildren', '<sup>'],
      ],
      ...three,
      d: worker('d'),
    },
    supervisors: { sup: { strategy: 'rest_for_one', children: [...children, { id: 'd', start: 'd' }] } },
    expected: {
      main: '[ok <sup>] | [[a <a> worker] [b <b/2> worker] [c <c/2> worker] [d <d/2> worker]] | [end normal]',
      log: [
        '[started <a>] | [started <b>] | [started <c>] | [started <d>] | [d stops] | [c stops] | [started <b/2>]',
        '[started <c/2>] | [started <d/2>] | [d stops] | [c stops] | [a stops]',
      ],
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      b: 'go | [end crash]',
      'b/2': '[end shutdown]',
      c: '[EXIT <sup> shutdown] | [end shutdown]',
      'c/2': '[EXIT <sup> shutdown] | [end shutdown]',
      d: '[EXIT <sup> shutdown] | [end shutdown]',
      'd/2': '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end normal]',
    },
  },
  {
    name: 'a permanent child is restarted whatever it ends with',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['send', '<a>', 'go'],
        ['awaitStart', 'a/2'],
        ['send', '<b>', 'go'],
        ['awaitStart', 'b/2'],
        ['send', '<c>', 'go'],
        ['awaitStart', 'c/2'],
        ['exitOther', '<a/2>', 'kill'],
        ['awaitStart', 'a/3'],
        ['whichChildren', '<sup>'],
      ],
      a: ending('normal'),
      b: ending('shutdown'),
      c: ending('crash'),
    },
    supervisors: { sup: { intensity: 9, children } },
    expected: {
      main: '[ok <sup>] | [[a <a/3> worker] [b <b/2> worker] [c <c/2> worker]] | [end normal]',
      log: [
        '[started <a>] | [started <b>] | [started <c>] | [started <a/2>] | [started <b/2>] | [started <c/2>]',
        '[started <a/3>]',
      ],
      a: 'go | [end normal]',
      'a/2': '[end killed]',
      'a/3': '[end shutdown]',
      b: 'go | [end shutdown]',
      'b/2': '[end shutdown]',
      c: 'go | [end crash]',
      'c/2': '[end shutdown]',
      sup: '[end normal]',
    },
  },
  {
    name: 'a transient child is restarted after a failure only',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['send', '<a>', 'go'],
        ['awaitEnd', '<a>'],
        ['send', '<b>', 'go'],
        ['awaitEnd', '<b>'],
        ['send', '<d>', 'go'],
        ['awaitEnd', '<d>'],
        ['send', '<c>', 'go'],
        ['awaitStart', 'c/2'],
        ['whichChildren', '<sup>'],
        ['countChildren', '<sup>'],
      ],
      a: ending('normal'),
      b: ending('shutdown'),
      c: ending('crash'),
      d: [['receive'], ['exit', ['shutdown', 'done']]],
    },
    supervisors: {
      sup: {
        children: [
          { id: 'a', start: 'a', restart: 'transient' },
          { id: 'b', start: 'b', restart: 'transient' },
          { id: 'c', start: 'c', restart: 'transient' },
          { id: 'd', start: 'd', restart: 'transient' },
        ],
      },
    },
    expected: {
      main: [
        '[ok <sup>] | [[a undefined worker] [b undefined worker] [c <c/2> worker] [d undefined worker]]',
        '[[specs 4] [active 1] [supervisors 0] [workers 4]] | [end normal]',
      ],
      log: '[started <a>] | [started <b>] | [started <c>] | [started <d>] | [started <c/2>]',
      a: 'go | [end normal]',
      b: 'go | [end shutdown]',
      c: 'go | [end crash]',
      'c/2': '[end shutdown]',
      d: 'go | [end [shutdown done]]',
      sup: '[end normal]',
    },
  },
  {
    name: 'a temporary child is not restarted, and forgotten',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['send', '<a>', 'go'],
        ['awaitEnd', '<a>'],
        ['send', '<c>', 'go'],
        ['awaitEnd', '<c>'],
        ['whichChildren', '<sup>'],
        ['countChildren', '<sup>'],
        ['restartChild', '<sup>', 'a'],
        ['deleteChild', '<sup>', 'c'],
      ],
      a: ending('normal'),
      b: ending('shutdown'),
      c: ending('crash'),
    },
    supervisors: {
      sup: {
        children: [
          { id: 'a', start: 'a', restart: 'temporary' },
          { id: 'b', start: 'b' },
          { id: 'c', start: 'c', restart: 'temporary' },
        ],
      },
    },
    expected: {
      main: [
        '[ok <sup>] | [[b <b> worker]] | [[specs 1] [active 1] [supervisors 0] [workers 1]] | [error not_found]',
        '[error not_found] | [end normal]',
      ],
      log: '[started <a>] | [started <b>] | [started <c>]',
      a: 'go | [end normal]',
      b: '[end shutdown]',
      c: 'go | [end crash]',
      sup: '[end normal]',
    },
  },
  {
    name: 'a temporary child that one_for_all stops is gone',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['send', '<b>', 'go'],
        ['awaitStart', 'c/2'],
        ['whichChildren', '<sup>'],
      ],
      ...three,
    },
    supervisors: {
      sup: {
        strategy: 'one_for_all',
        children: [
          { id: 'a', start: 'a', restart: 'temporary' },
          { id: 'b', start: 'b' },
          { id: 'c', start: 'c', restart: 'transient' },
        ],
      },
    },
    expected: {
      main: '[ok <sup>] | [[b <b/2> worker] [c <c/2> worker]] | [end normal]',
      log: [
        '[started <a>] | [started <b>] | [started <c>] | [c stops] | [a stops] | [started <b/2>] | [started <c/2>]',
        '[c stops]',
      ],
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      b: 'go | [end crash]',
      'b/2': '[end shutdown]',
      c: '[EXIT <sup> shutdown] | [end shutdown]',
      'c/2': '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end normal]',
    },
  },
  {
    name: 'servers as children',
    actors: {
      main: [
        ['trapExit', true],
        ['startSupervisor', 'sup'],
        ['call', '<s>', 'hello'],
        ['call', '<s>', 'crash'],
        ['awaitStart', 's/2'],
        ['call', '<s/2>', 'hello'],
        ['terminateChild', '<sup>', 's'],
      ],
    },
    servers: {
      s: {
        trapExit: true,
        call: { hello: { answer: ['reply', 'world', 1] }, crash: { do: [['raise', 'crash']] } },
        terminate: { do: [['log', 'terminated']] },
      },
    },
    supervisors: { sup: { children: [{ id: 's', start: 's' }] } },
    expected: {
      main: '[ok <sup>] | world | [failed crash] | world | ok | [end normal]',
      log: '[started <s>] | terminated | [started <s/2>] | terminated',
      s: '[init] | [call hello 0] | [call crash 1] | [terminate crash 1] | [end crash]',
      's/2': '[init] | [call hello 0] | [terminate shutdown 1] | [end shutdown]',
      sup: '[end normal]',
    },
  },
  {
    name: 'a child whose restart finds nothing to start is kept without a pid, and can be started again',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['send', '<b>', 'go'],
        ['awaitEnd', '<b>'],
        ['whichChildren', '<sup>'],
        ['countChildren', '<sup>'],
        ['restartChild', '<sup>', 'b'],
        ['whichChildren', '<sup>'],
      ],
      b: ending('crash'),
    },
    supervisors: { sup: { children: [{ id: 'b', start: 'b', outcomes: ['ok', 'ignore'] }] } },
    expected: {
      main: [
        '[ok <sup>] | [[b undefined worker]] | [[specs 1] [active 0] [supervisors 0] [workers 1]] | [ok <b/2>]',
        '[[b <b/2> worker]] | [end normal]',
      ],
      log: '[started <b>] | [start_ignored b] | [started <b/2>]',
      b: 'go | [end crash]',
      'b/2': '[end shutdown]',
      sup: '[end normal]',
    },
  },
];
