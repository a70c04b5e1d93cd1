/** Supervisors that end by themselves when the children that matter have: OTP's auto_shutdown. */
import type { ChildData, Scenario } from '../scenario.js';
import { ending, worker } from './children.js';

const significant = (id: string, restart: 'transient' | 'temporary'): ChildData => ({
  id,
  start: id,
  restart,
  significant: true,
});

export const significantChildren: readonly Scenario[] = [
  {
    name: 'any_significant: the end of one that is not restarted ends the supervisor and its other children',
    actors: {
      main: [
        ['trapExit', true],
        ['startSupervisor', 'sup'],
        ['send', '<b>', 'go'],
        ['receive'],
        ['awaitEnd', '<a>'],
        ['awaitEnd', '<c>'],
      ],
      a: worker('a'),
      b: ending('normal'),
      c: worker('c'),
    },
    supervisors: {
      sup: {
        autoShutdown: 'any_significant',
        children: [{ id: 'a', start: 'a' }, significant('b', 'transient'), significant('c', 'transient')],
      },
    },
    expected: {
      main: '[ok <sup>] | [EXIT <sup> shutdown] | [end normal]',
      log: '[started <a>] | [started <b>] | [started <c>] | [c stops] | [a stops]',
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      b: 'go | [end normal]',
      c: '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end shutdown]',
    },
  },
  {
    name: 'any_significant: one that is restarted does not count, one that is temporary does',
    actors: {
      main: [
        ['trapExit', true],
        ['startSupervisor', 'sup'],
        ['send', '<a>', 'go'],
        ['awaitStart', 'a/2'],
        ['countChildren', '<sup>'],
        ['send', '<b>', 'go'],
        ['receive'],
        ['awaitEnd', '<a/2>'],
      ],
      a: ending('crash'),
      b: ending('crash'),
    },
    supervisors: {
      sup: { autoShutdown: 'any_significant', children: [significant('a', 'transient'), significant('b', 'temporary')] },
    },
    expected: {
      main: '[ok <sup>] | [[specs 2] [active 2] [supervisors 0] [workers 2]] | [EXIT <sup> shutdown] | [end normal]',
      log: '[started <a>] | [started <b>] | [started <a/2>]',
      a: 'go | [end crash]',
      'a/2': '[end shutdown]',
      b: 'go | [end crash]',
      sup: '[end shutdown]',
    },
  },
  {
    name: 'all_significant: the last of them ends the supervisor',
    actors: {
      main: [
        ['trapExit', true],
        ['startSupervisor', 'sup'],
        ['send', '<a>', 'go'],
        ['awaitEnd', '<a>'],
        ['send', '<c>', 'go'],
        ['awaitEnd', '<c>'],
        ['countChildren', '<sup>'],
        ['send', '<b>', 'go'],
        ['receive'],
        ['awaitEnd', '<d>'],
      ],
      a: ending('normal'),
      b: ending('shutdown'),
      c: ending('normal'),
      d: worker('d'),
    },
    supervisors: {
      sup: {
        autoShutdown: 'all_significant',
        children: [
          significant('a', 'transient'),
          significant('b', 'temporary'),
          { id: 'c', start: 'c', restart: 'transient' },
          { id: 'd', start: 'd' },
        ],
      },
    },
    expected: {
      main: '[ok <sup>] | [[specs 4] [active 2] [supervisors 0] [workers 4]] | [EXIT <sup> shutdown] | [end normal]',
      log: '[started <a>] | [started <b>] | [started <c>] | [started <d>] | [d stops]',
      a: 'go | [end normal]',
      b: 'go | [end shutdown]',
      c: 'go | [end normal]',
      d: '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end shutdown]',
    },
  },
  {
    name: 'a significant child that is ended by request does not end the supervisor',
    actors: {
      main: [
        ['trapExit', true],
        ['startSupervisor', 'sup'],
        ['terminateChild', '<sup>', 'a'],
        ['whichChildren', '<sup>'],
        ['receiveAfter', 0],
      ],
      a: worker('a'),
      b: worker('b'),
    },
    supervisors: {
      sup: { autoShutdown: 'any_significant', children: [significant('a', 'transient'), significant('b', 'transient')] },
    },
    expected: {
      main: '[ok <sup>] | ok | [[a undefined worker] [b <b> worker]] | timeout | [end normal]',
      log: '[started <a>] | [started <b>] | [a stops] | [b stops]',
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      b: '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end normal]',
    },
  },
  {
    name: 'all_significant: one that was ended by request counts when another ends by itself',
    actors: {
      main: [
        ['trapExit', true],
        ['startSupervisor', 'sup'],
        ['terminateChild', '<sup>', 'a'],
        ['send', '<b>', 'go'],
        ['receive'],
      ],
      a: worker('a'),
      b: ending('normal'),
    },
    supervisors: {
      sup: { autoShutdown: 'all_significant', children: [significant('a', 'transient'), significant('b', 'transient')] },
    },
    expected: {
      main: '[ok <sup>] | ok | [EXIT <sup> shutdown] | [end normal]',
      log: '[started <a>] | [started <b>] | [a stops]',
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      b: 'go | [end normal]',
      sup: '[end shutdown]',
    },
  },
];
