/** Supervisors of any number of children of one kind. */
import type { Scenario } from '../scenario.js';
import { worker } from './children.js';

export const simpleSupervisors: readonly Scenario[] = [
  {
    name: 'simple_one_for_one starts as many as asked for, with arguments of their own',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['whichChildren', '<sup>'],
        ['startChild', '<sup>', ['one']],
        ['startChild', '<sup>', ['two', 2]],
        ['startChild', '<sup>', []],
        ['whichChildren', '<sup>'],
        ['countChildren', '<sup>'],
      ],
      w: [['ready'], ['receive'], ['exit', 'crash']],
    },
    supervisors: { sup: { strategy: 'simple_one_for_one', children: [{ id: 'w', start: 'w' }] } },
    expected: {
      main: [
        '[ok <sup>] | [] | [ok <w>] | [ok <w/2>] | [ok <w/3>]',
        '[[undefined <w> worker] [undefined <w/2> worker] [undefined <w/3> worker]]',
        '[[specs 1] [active 3] [supervisors 0] [workers 3]] | [end normal]',
      ],
      log: '[started <w>] | [started <w/2>] | [started <w/3>]',
      sup: '[end normal]',
      w: '[args one] | [end shutdown]',
      'w/2': '[args two 2] | [end shutdown]',
      'w/3': '[end shutdown]',
    },
  },
  {
    name: 'simple_one_for_one restarts one with its own arguments',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['startChild', '<sup>', ['one']],
        ['startChild', '<sup>', ['two']],
        ['send', '<w>', 'go'],
        ['awaitStart', 'w/3'],
        ['countChildren', '<sup>'],
      ],
      w: [['ready'], ['receive'], ['exit', 'crash']],
    },
    supervisors: { sup: { strategy: 'simple_one_for_one', children: [{ id: 'w', start: 'w' }] } },
    expected: {
      main: '[ok <sup>] | [ok <w>] | [ok <w/2>] | [[specs 1] [active 2] [supervisors 0] [workers 2]] | [end normal]',
      log: '[started <w>] | [started <w/2>] | [started <w/3>]',
      sup: '[end normal]',
      w: '[args one] | go | [end crash]',
      'w/2': '[args two] | [end shutdown]',
      'w/3': '[args one] | [end shutdown]',
    },
  },
  {
    name: 'simple_one_for_one forgets a transient child that ends normal, and a temporary one',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['startChild', '<sup>', []],
        ['startChild', '<sup>', []],
        ['send', '<w>', 'go'],
        ['awaitEnd', '<w>'],
        ['whichChildren', '<sup>'],
        ['countChildren', '<sup>'],
        ['startSupervisor', 'other'],
        ['startChild', '<other>', []],
        ['send', '<t>', 'go'],
        ['awaitEnd', '<t>'],
        ['countChildren', '<other>'],
      ],
      w: [['receive']],
      t: [['receive'], ['exit', 'crash']],
    },
    supervisors: {
      sup: { strategy: 'simple_one_for_one', children: [{ id: 'w', start: 'w', restart: 'transient' }] },
      other: { strategy: 'simple_one_for_one', children: [{ id: 't', start: 't', restart: 'temporary' }] },
    },
    expected: {
      main: [
        '[ok <sup>] | [ok <w>] | [ok <w/2>] | [[undefined <w/2> worker]]',
        '[[specs 1] [active 1] [supervisors 0] [workers 1]] | [ok <other>] | [ok <t>]',
        '[[specs 1] [active 0] [supervisors 0] [workers 0]] | [end normal]',
      ],
      log: '[started <w>] | [started <w/2>] | [started <t>]',
      other: '[end normal]',
      sup: '[end normal]',
      t: 'go | [end crash]',
      w: 'go | [end normal]',
      'w/2': '[end shutdown]',
    },
  },
  {
    name: 'simple_one_for_one ends a child by its pid, and none by an id',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['startChild', '<sup>', []],
        ['startChild', '<sup>', []],
        ['terminateChild', '<sup>', '<w>'],
        ['terminateChild', '<sup>', '<w>'],
        ['terminateChild', '<sup>', 'w'],
        ['restartChild', '<sup>', 'w'],
        ['deleteChild', '<sup>', 'w'],
        ['whichChildren', '<sup>'],
        ['countChildren', '<sup>'],
      ],
      w: worker('w'),
    },
    supervisors: { sup: { strategy: 'simple_one_for_one', children: [{ id: 'w', start: 'w' }] } },
    expected: {
      main: [
        '[ok <sup>] | [ok <w>] | [ok <w/2>] | ok | ok | [error simple_one_for_one] | [error simple_one_for_one]',
        '[error simple_one_for_one] | [[undefined <w/2> worker]] | [[specs 1] [active 1] [supervisors 0] [workers 1]]',
        '[end normal]',
      ],
      log: '[started <w>] | [started <w/2>] | [w stops] | [w stops]',
      sup: '[end normal]',
      w: '[EXIT <sup> shutdown] | [end shutdown]',
      'w/2': '[EXIT <sup> shutdown] | [end shutdown]',
    },
  },
  {
    name: 'simple_one_for_one: one that cannot start is not a child, nor is one with nothing to start',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['startChild', '<sup>', []],
        ['startChild', '<sup>', []],
        ['startChild', '<sup>', []],
        ['whichChildren', '<sup>'],
      ],
      w: worker('w'),
    },
    supervisors: {
      sup: { strategy: 'simple_one_for_one', children: [{ id: 'w', start: 'w', outcomes: [['error', 'no_luck'], 'ignore'] }] },
    },
    expected: {
      main: '[ok <sup>] | [error no_luck] | [ok undefined] | [ok <w>] | [[undefined <w> worker]] | [end normal]',
      log: '[start_failed w] | [start_ignored w] | [started <w>] | [w stops]',
      sup: '[end normal]',
      w: '[EXIT <sup> shutdown] | [end shutdown]',
    },
  },
  {
    name: 'simple_one_for_one forgets a child whose restart finds nothing to start',
    actors: {
      main: [
        ['trapExit', true],
        ['startSupervisor', 'sup'],
        ['startChild', '<sup>', ['one']],
        ['startChild', '<sup>', ['two']],
        ['send', '<w>', 'go'],
        ['awaitEnd', '<w>'],
        ['whichChildren', '<sup>'],
        ['countChildren', '<sup>'],
        ['exitOther', '<sup>', 'kill'],
        ['receive'],
      ],
      w: [['ready'], ['receive'], ['exit', 'crash']],
    },
    supervisors: {
      sup: { strategy: 'simple_one_for_one', children: [{ id: 'w', start: 'w', outcomes: ['ok', 'ok', 'ignore'] }] },
    },
    expected: {
      main: [
        '[ok <sup>] | [ok <w>] | [ok <w/2>] | [[undefined undefined worker] [undefined <w/2> worker]]',
        '[[specs 1] [active 2] [supervisors 0] [workers 2]] | [EXIT <sup> killed] | [end normal]',
      ],
      log: '[started <w>] | [started <w/2>] | [start_ignored w]',
      sup: '[end killed]',
      w: '[args one] | go | [end crash]',
      'w/2': '[args two] | [end killed]',
    },
    differs: {
      because: 'OTP keeps a child without a pid, which cannot be named, counts as active and fails the end of its supervisor',
      traces: {
        main: [
          '[ok <sup>] | [ok <w>] | [ok <w/2>] | [[undefined <w/2> worker]]',
          '[[specs 1] [active 1] [supervisors 0] [workers 1]] | [EXIT <sup> killed] | [end normal]',
        ],
      },
    },
  },
  {
    name: 'simple_one_for_one: one restart too many ends it and all its children',
    actors: {
      main: [
        ['trapExit', true],
        ['startSupervisor', 'sup'],
        ['startChild', '<sup>', ['a']],
        ['startChild', '<sup>', ['b']],
        ['send', '<w>', 'go'],
        ['awaitStart', 'w/3'],
        ['send', '<w/2>', 'go'],
        ['receive'],
        ['awaitEnd', '<w/3>'],
      ],
      w: [['ready'], ['receive'], ['exit', 'crash']],
    },
    supervisors: { sup: { strategy: 'simple_one_for_one', children: [{ id: 'w', start: 'w' }] } },
    expected: {
      main: '[ok <sup>] | [ok <w>] | [ok <w/2>] | [EXIT <sup> shutdown] | [end normal]',
      log: '[started <w>] | [started <w/2>] | [started <w/3>]',
      sup: '[end shutdown]',
      w: '[args a] | go | [end crash]',
      'w/2': '[args b] | go | [end crash]',
      'w/3': '[args a] | [end shutdown]',
    },
  },
];
