/** When a supervisor gives up: too many restarts, and restarts that fail. */
import type { Scenario } from '../scenario.js';
import { children, three, worker } from './children.js';

export const supervisorLimits: readonly Scenario[] = [
  {
    name: 'one restart too many: the children stop in the opposite order and the supervisor ends with shutdown',
    actors: {
      main: [
        ['trapExit', true],
        ['startSupervisor', 'sup'],
        ['send', '<b>', 'go'],
        ['awaitStart', 'b/2'],
        ['send', '<b/2>', 'go'],
        ['receive'],
        ['awaitEnd', '<a>'],
        ['awaitEnd', '<c>'],
      ],
      ...three,
    },
    supervisors: { sup: { children } },
    expected: {
      main: '[ok <sup>] | [EXIT <sup> shutdown] | [end normal]',
      log: '[started <a>] | [started <b>] | [started <c>] | [started <b/2>] | [c stops] | [a stops]',
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      b: 'go | [end crash]',
      'b/2': 'go | [end crash]',
      c: '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end shutdown]',
    },
  },
  {
    name: 'an intensity of 0 bears no restart',
    actors: {
      main: [
        ['trapExit', true],
        ['startSupervisor', 'sup'],
        ['send', '<b>', 'go'],
        ['receive'],
        ['awaitEnd', '<a>'],
        ['awaitEnd', '<c>'],
      ],
      ...three,
    },
    supervisors: { sup: { intensity: 0, children } },
    expected: {
      main: '[ok <sup>] | [EXIT <sup> shutdown] | [end normal]',
      log: '[started <a>] | [started <b>] | [started <c>] | [c stops] | [a stops]',
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      b: 'go | [end crash]',
      c: '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end shutdown]',
    },
  },
  {
    name: 'a restart within one_for_all counts once, however many children it takes',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['send', '<b>', 'go'],
        ['awaitStart', 'c/2'],
        ['send', '<b/2>', 'go'],
        ['awaitStart', 'c/3'],
        ['whichChildren', '<sup>'],
      ],
      ...three,
    },
    supervisors: { sup: { strategy: 'one_for_all', intensity: 2, children } },
    expected: {
      main: '[ok <sup>] | [[a <a/3> worker] [b <b/3> worker] [c <c/3> worker]] | [end normal]',
      log: [
        '[started <a>] | [started <b>] | [started <c>] | [c stops] | [a stops] | [started <a/2>] | [started <b/2>]',
        '[started <c/2>] | [c stops] | [a stops] | [started <a/3>] | [started <b/3>] | [started <c/3>] | [c stops]',
        '[a stops]',
      ],
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      'a/2': '[EXIT <sup> shutdown] | [end shutdown]',
      'a/3': '[EXIT <sup> shutdown] | [end shutdown]',
      b: 'go | [end crash]',
      'b/2': 'go | [end crash]',
      'b/3': '[end shutdown]',
      c: '[EXIT <sup> shutdown] | [end shutdown]',
      'c/2': '[EXIT <sup> shutdown] | [end shutdown]',
      'c/3': '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end normal]',
    },
  },
  {
    name: 'a restart that fails is tried again, each try counting',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['send', '<b>', 'go'],
        ['awaitStart', 'b/2'],
        ['whichChildren', '<sup>'],
      ],
      ...three,
    },
    supervisors: {
      sup: {
        intensity: 3,
        children: [
          { id: 'a', start: 'a' },
          { id: 'b', start: 'b', outcomes: ['ok', ['error', 'one'], ['error', 'two']] },
          { id: 'c', start: 'c' },
        ],
      },
    },
    expected: {
      main: '[ok <sup>] | [[a <a> worker] [b <b/2> worker] [c <c> worker]] | [end normal]',
      log: [
        '[started <a>] | [started <b>] | [started <c>] | [start_failed b] | [start_failed b] | [started <b/2>]',
        '[c stops] | [a stops]',
      ],
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      b: 'go | [end crash]',
      'b/2': '[end shutdown]',
      c: '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end normal]',
    },
  },
  {
    name: 'a restart that fails too often ends the supervisor',
    actors: {
      main: [
        ['trapExit', true],
        ['startSupervisor', 'sup'],
        ['send', '<b>', 'go'],
        ['receive'],
        ['awaitEnd', '<a>'],
        ['awaitEnd', '<c>'],
      ],
      ...three,
    },
    supervisors: {
      sup: {
        intensity: 2,
        children: [
          { id: 'a', start: 'a' },
          { id: 'b', start: 'b', outcomes: ['ok', ['error', 'one'], ['error', 'two'], ['error', 'three']] },
          { id: 'c', start: 'c' },
        ],
      },
    },
    expected: {
      main: '[ok <sup>] | [EXIT <sup> shutdown] | [end normal]',
      log: '[started <a>] | [started <b>] | [started <c>] | [start_failed b] | [start_failed b] | [c stops] | [a stops]',
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      b: 'go | [end crash]',
      c: '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end shutdown]',
    },
  },
  {
    name: 'one_for_all tries all again when one cannot be restarted',
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
    supervisors: {
      sup: {
        strategy: 'one_for_all',
        intensity: 3,
        children: [
          { id: 'a', start: 'a' },
          { id: 'b', start: 'b' },
          { id: 'c', start: 'c', outcomes: ['ok', ['error', 'one']] },
          { id: 'd', start: 'd' },
        ],
      },
    },
    expected: {
      main: '[ok <sup>] | [[a <a/3> worker] [b <b/3> worker] [c <c/2> worker] [d <d/2> worker]] | [end normal]',
      log: [
        '[started <a>] | [started <b>] | [started <c>] | [started <d>] | [d stops] | [c stops] | [a stops]',
        '[started <a/2>] | [started <b/2>] | [start_failed c] | [a stops] | [started <a/3>] | [started <b/3>]',
        '[started <c/2>] | [started <d/2>] | [d stops] | [c stops] | [a stops]',
      ],
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      'a/2': '[EXIT <sup> shutdown] | [end shutdown]',
      'a/3': '[EXIT <sup> shutdown] | [end shutdown]',
      b: 'go | [end crash]',
      'b/2': '[end shutdown]',
      'b/3': '[end shutdown]',
      c: '[EXIT <sup> shutdown] | [end shutdown]',
      'c/2': '[EXIT <sup> shutdown] | [end shutdown]',
      d: '[EXIT <sup> shutdown] | [end shutdown]',
      'd/2': '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end normal]',
    },
  },
  {
    name: 'rest_for_one goes on from the child that could not be restarted',
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
    supervisors: {
      sup: {
        strategy: 'rest_for_one',
        intensity: 3,
        children: [
          { id: 'a', start: 'a' },
          { id: 'b', start: 'b' },
          { id: 'c', start: 'c', outcomes: ['ok', ['error', 'one']] },
          { id: 'd', start: 'd' },
        ],
      },
    },
    expected: {
      main: '[ok <sup>] | [[a <a> worker] [b <b/2> worker] [c <c/2> worker] [d <d/2> worker]] | [end normal]',
      log: [
        '[started <a>] | [started <b>] | [started <c>] | [started <d>] | [d stops] | [c stops] | [started <b/2>]',
        '[start_failed c] | [started <c/2>] | [started <d/2>] | [d stops] | [c stops] | [a stops]',
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
    name: 'a supervisor that gives up is restarted by its own supervisor, with its children',
    actors: {
      main: [
        ['startSupervisor', 'top'],
        ['send', '<b>', 'go'],
        ['awaitStart', 'sup/2'],
        ['awaitStart', 'c/2'],
        ['whichChildren', '<top>'],
        ['whichChildren', '<sup/2>'],
      ],
      ...three,
    },
    supervisors: {
      top: { children: [{ id: 'sup', start: 'sup', type: 'supervisor' }] },
      sup: { intensity: 0, children },
    },
    expected: {
      main: ['[ok <top>] | [[sup <sup/2> supervisor]] | [[a <a/2> worker] [b <b/2> worker] [c <c/2> worker]]', '[end normal]'],
      log: [
        '[started <a>] | [started <b>] | [started <c>] | [started <sup>] | [c stops] | [a stops] | [started <a/2>]',
        '[started <b/2>] | [started <c/2>] | [started <sup/2>] | [c stops] | [a stops]',
      ],
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      'a/2': '[EXIT <sup/2> shutdown] | [end shutdown]',
      b: 'go | [end crash]',
      'b/2': '[end shutdown]',
      c: '[EXIT <sup> shutdown] | [end shutdown]',
      'c/2': '[EXIT <sup/2> shutdown] | [end shutdown]',
      sup: '[end shutdown]',
      'sup/2': '[end shutdown]',
      top: '[end normal]',
    },
  },
];
