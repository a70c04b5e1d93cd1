/** How supervisors start and stop their children, and themselves. */
import type { Scenario } from '../scenario.js';
import { children, worker } from './children.js';

export const supervisorStarts: readonly Scenario[] = [
  {
    name: 'children start in order and stop in the opposite order, when the parent says so',
    actors: {
      main: [
        ['spawn', 'parent'],
        ['receive'],
        ['whichChildren', '<sup>'],
        ['countChildren', '<sup>'],
        ['send', '<parent>', 'go'],
        ['awaitEnd', '<sup>'],
        ['awaitEnd', '<a>'],
        ['awaitEnd', '<b>'],
        ['awaitEnd', '<c>'],
      ],
      parent: [['startSupervisor', 'sup'], ['send', '<main>', 'started'], ['receive'], ['exit', 'enough']],
      a: worker('a'),
      b: worker('b'),
      c: worker('c'),
    },
    supervisors: { sup: { children } },
    expected: {
      main: [
        'started | [[a <a> worker] [b <b> worker] [c <c> worker]]',
        '[[specs 3] [active 3] [supervisors 0] [workers 3]] | [end normal]',
      ],
      log: '[started <a>] | [started <b>] | [started <c>] | [c stops] | [b stops] | [a stops]',
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      b: '[EXIT <sup> shutdown] | [end shutdown]',
      c: '[EXIT <sup> shutdown] | [end shutdown]',
      parent: '[ok <sup>] | go | [end enough]',
      sup: '[end enough]',
    },
  },
  {
    name: 'a child that outstays its time is killed, and brutal_kill does not ask',
    actors: {
      main: [
        ['spawn', 'parent'],
        ['receive'],
        ['send', '<parent>', 'go'],
        ['awaitEnd', '<sup>'],
        ['awaitEnd', '<a>'],
        ['awaitEnd', '<b>'],
        ['awaitEnd', '<c>'],
      ],
      parent: [['startSupervisor', 'sup'], ['send', '<main>', 'started'], ['receive'], ['exit', 'shutdown']],
      a: [['trapExit', true], ['ready'], ['receive'], ['log', ['a', 'lingers']], ['receive']],
      b: worker('b'),
      c: worker('c'),
    },
    supervisors: {
      sup: {
        children: [
          { id: 'a', start: 'a', shutdown: 20 },
          { id: 'b', start: 'b', shutdown: 'brutal_kill' },
          { id: 'c', start: 'c', shutdown: Number.POSITIVE_INFINITY },
        ],
      },
    },
    expected: {
      main: 'started | [end normal]',
      log: '[started <a>] | [started <b>] | [started <c>] | [c stops] | [a lingers]',
      a: '[EXIT <sup> shutdown] | [end killed]',
      b: '[end killed]',
      c: '[EXIT <sup> shutdown] | [end shutdown]',
      parent: '[ok <sup>] | go | [end shutdown]',
      sup: '[end shutdown]',
    },
  },
  {
    name: 'a child that cannot start ends those before it, and the start fails',
    actors: {
      main: [
        ['trapExit', true],
        ['startSupervisor', 'sup'],
        ['awaitEnd', '<a>'],
        ['awaitEnd', '<b>'],
        ['awaitEnd', '<sup>'],
      ],
      a: worker('a'),
      b: worker('b'),
      c: worker('c'),
      d: worker('d'),
    },
    supervisors: {
      sup: {
        children: [
          { id: 'a', start: 'a' },
          { id: 'b', start: 'b' },
          { id: 'c', start: 'c', outcomes: [['error', 'no_luck']] },
          { id: 'd', start: 'd' },
        ],
      },
    },
    expected: {
      main: '[error [shutdown [failed_to_start_child c no_luck]]] | [end normal]',
      log: '[started <a>] | [started <b>] | [start_failed c] | [b stops] | [a stops]',
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      b: '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end [shutdown [failed_to_start_child c no_luck]]]',
    },
  },
  {
    name: 'a child that ends before it is ready cannot start',
    actors: {
      main: [
        ['trapExit', true],
        ['startSupervisor', 'sup'],
        ['awaitEnd', '<sup>'],
        ['awaitEnd', '<a>'],
      ],
      p: [
        ['startSupervisor', 'sup'],
        ['note', 'after'],
      ],
      a: worker('a'),
      b: [['exit', 'not_ready'], ['ready']],
    },
    supervisors: { sup: { children: children.slice(0, 2) } },
    expected: {
      main: '[error [shutdown [failed_to_start_child b not_ready]]] | [end normal]',
      log: '[started <a>] | [start_failed b] | [a stops]',
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      b: '[end not_ready]',
      sup: '[end [shutdown [failed_to_start_child b not_ready]]]',
    },
  },
  {
    name: 'a child with nothing to start is kept, and can be started later',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['whichChildren', '<sup>'],
        ['countChildren', '<sup>'],
        ['restartChild', '<sup>', 'b'],
        ['whichChildren', '<sup>'],
      ],
      a: worker('a'),
      b: worker('b'),
    },
    supervisors: {
      sup: {
        children: [
          { id: 'a', start: 'a' },
          { id: 'b', start: 'b', outcomes: ['ignore'] },
          { id: 't', start: 'b', restart: 'temporary', outcomes: ['ignore', 'ignore', 'ignore'] },
        ],
      },
    },
    expected: {
      main: [
        '[ok <sup>] | [[a <a> worker] [b undefined worker]] | [[specs 2] [active 1] [supervisors 0] [workers 2]]',
        '[ok <b>] | [[a <a> worker] [b <b> worker]] | [end normal]',
      ],
      log: '[started <a>] | [start_ignored b] | [start_ignored b] | [started <b>] | [b stops] | [a stops]',
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      b: '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end normal]',
    },
  },
  {
    name: 'a server whose init stops cannot start, one that says ignore is a child without a pid',
    actors: {
      main: [
        ['trapExit', true],
        ['startSupervisor', 'good'],
        ['whichChildren', '<good>'],
        ['startSupervisor', 'bad'],
        ['awaitEnd', '<bad>'],
      ],
    },
    servers: { i: { init: { answer: 'ignore' } }, s: { init: { answer: ['stop', 'not_today'] } } },
    supervisors: { good: { children: [{ id: 'i', start: 'i' }] }, bad: { children: [{ id: 's', start: 's' }] } },
    expected: {
      main: '[ok <good>] | [[i undefined worker]] | [error [shutdown [failed_to_start_child s not_today]]] | [end normal]',
      log: '[start_ignored i] | [start_failed s]',
      bad: '[end [shutdown [failed_to_start_child s not_today]]]',
      good: '[end normal]',
      i: '[init] | [end normal]',
      s: '[init] | [end not_today]',
    },
  },
  {
    name: 'supervisors under supervisors: the tree stops from the leaves',
    actors: {
      main: [
        ['spawn', 'parent'],
        ['receive'],
        ['whichChildren', '<top>'],
        ['countChildren', '<top>'],
        ['send', '<parent>', 'go'],
        ['awaitEnd', '<top>'],
        ['awaitEnd', '<sup>'],
        ['awaitEnd', '<a>'],
        ['awaitEnd', '<b>'],
      ],
      parent: [['startSupervisor', 'top'], ['send', '<main>', 'started'], ['receive'], ['exit', 'shutdown']],
      a: worker('a'),
      b: worker('b'),
    },
    supervisors: {
      top: {
        children: [
          { id: 'sup', start: 'sup', type: 'supervisor' },
          { id: 'b', start: 'b' },
        ],
      },
      sup: { children: children.slice(0, 1) },
    },
    expected: {
      main: [
        'started | [[b <b> worker] [sup <sup> supervisor]] | [[specs 2] [active 2] [supervisors 1] [workers 1]]',
        '[end normal]',
      ],
      log: '[started <a>] | [started <sup>] | [started <b>] | [b stops] | [a stops]',
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      b: '[EXIT <top> shutdown] | [end shutdown]',
      parent: '[ok <top>] | go | [end shutdown]',
      sup: '[end shutdown]',
      top: '[end shutdown]',
    },
  },
  {
    name: 'a supervisor ends with its parent, whatever that ends with, and with nobody else',
    actors: {
      main: [
        ['spawn', 'parent'],
        ['receive'],
        ['exitOther', '<sup>', 'shutdown'],
        ['exitOther', '<sup>', 'boom'],
        ['countChildren', '<sup>'],
        ['send', '<parent>', 'go'],
        ['awaitEnd', '<sup>'],
        ['awaitEnd', '<a>'],
      ],
      parent: [['startSupervisor', 'sup'], ['send', '<main>', 'started'], ['receive']],
      a: worker('a'),
    },
    supervisors: { sup: { children: children.slice(0, 1) } },
    expected: {
      main: 'started | [[specs 1] [active 1] [supervisors 0] [workers 1]] | [end normal]',
      log: '[started <a>] | [a stops]',
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      parent: '[ok <sup>] | go | [end normal]',
      sup: '[end normal]',
    },
  },
];
