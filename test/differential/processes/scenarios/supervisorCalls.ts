/** Calls to supervisors that run: children are added, ended, restarted, deleted and counted. */
import type { Scenario } from '../scenario.js';
import { worker } from './children.js';

const sup = { sup: { children: [{ id: 'a', start: 'a' }] } };

export const supervisorCalls: readonly Scenario[] = [
  {
    name: 'a child that is added is the last to start and the first to stop',
    actors: {
      main: [
        ['spawn', 'parent'],
        ['receive'],
        ['startChild', '<sup>', { id: 'b', start: 'b' }],
        ['whichChildren', '<sup>'],
        ['send', '<parent>', 'go'],
        ['awaitEnd', '<sup>'],
        ['awaitEnd', '<a>'],
        ['awaitEnd', '<b>'],
      ],
      parent: [['startSupervisor', 'sup'], ['send', '<main>', 'started'], ['receive'], ['exit', 'shutdown']],
      a: worker('a'),
      b: worker('b'),
    },
    supervisors: sup,
    expected: {
      main: 'started | [ok <b>] | [[a <a> worker] [b <b> worker]] | [end normal]',
      log: '[started <a>] | [started <b>] | [b stops] | [a stops]',
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      b: '[EXIT <sup> shutdown] | [end shutdown]',
      parent: '[ok <sup>] | go | [end shutdown]',
      sup: '[end shutdown]',
    },
  },
  {
    name: 'an id that is in use cannot be added',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['startChild', '<sup>', { id: 'a', start: 'b' }],
        ['terminateChild', '<sup>', 'a'],
        ['startChild', '<sup>', { id: 'a', start: 'b' }],
        ['deleteChild', '<sup>', 'a'],
        ['startChild', '<sup>', { id: 'a', start: 'b' }],
        ['whichChildren', '<sup>'],
      ],
      a: worker('a'),
      b: worker('b'),
    },
    supervisors: sup,
    expected: {
      main: [
        '[ok <sup>] | [error [already_started <a>]] | ok | [error already_present] | ok | [ok <b>] | [[a <b> worker]]',
        '[end normal]',
      ],
      log: '[started <a>] | [a stops] | [started <b>] | [b stops]',
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      b: '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end normal]',
    },
  },
  {
    name: 'a child that cannot start is not added',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['startChild', '<sup>', { id: 'b', start: 'b', outcomes: [['error', 'no_luck']] }],
        ['whichChildren', '<sup>'],
      ],
      a: worker('a'),
      b: worker('b'),
    },
    supervisors: sup,
    expected: {
      main: '[ok <sup>] | [error no_luck] | [[a <a> worker]] | [end normal]',
      log: '[started <a>] | [start_failed b] | [a stops]',
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end normal]',
    },
  },
  {
    name: 'an added child with nothing to start is kept unless it is temporary',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['startChild', '<sup>', { id: 'b', start: 'b', outcomes: ['ignore'] }],
        ['startChild', '<sup>', { id: 'c', start: 'c', restart: 'temporary', outcomes: ['ignore'] }],
        ['whichChildren', '<sup>'],
        ['countChildren', '<sup>'],
      ],
      a: worker('a'),
      b: worker('b'),
      c: worker('c'),
    },
    supervisors: sup,
    expected: {
      main: [
        '[ok <sup>] | [ok undefined] | [ok undefined] | [[a <a> worker] [b undefined worker]]',
        '[[specs 2] [active 1] [supervisors 0] [workers 2]] | [end normal]',
      ],
      log: '[started <a>] | [start_ignored b] | [start_ignored c] | [a stops]',
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end normal]',
    },
  },
  {
    name: 'a child is ended, restarted and deleted',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['restartChild', '<sup>', 'a'],
        ['deleteChild', '<sup>', 'a'],
        ['terminateChild', '<sup>', 'a'],
        ['terminateChild', '<sup>', 'a'],
        ['whichChildren', '<sup>'],
        ['countChildren', '<sup>'],
        ['restartChild', '<sup>', 'a'],
        ['whichChildren', '<sup>'],
        ['terminateChild', '<sup>', 'a'],
        ['deleteChild', '<sup>', 'a'],
        ['deleteChild', '<sup>', 'a'],
        ['whichChildren', '<sup>'],
      ],
      a: worker('a'),
    },
    supervisors: sup,
    expected: {
      main: [
        '[ok <sup>] | [error running] | [error running] | ok | ok | [[a undefined worker]]',
        '[[specs 1] [active 0] [supervisors 0] [workers 1]] | [ok <a/2>] | [[a <a/2> worker]] | ok | ok',
        '[error not_found] | [] | [end normal]',
      ],
      log: '[started <a>] | [a stops] | [started <a/2>] | [a stops]',
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      'a/2': '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end normal]',
    },
  },
  {
    name: 'nobody is found by an id that no child has',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['terminateChild', '<sup>', 'x'],
        ['restartChild', '<sup>', 'x'],
        ['deleteChild', '<sup>', 'x'],
      ],
      a: worker('a'),
    },
    supervisors: sup,
    expected: {
      main: '[ok <sup>] | [error not_found] | [error not_found] | [error not_found] | [end normal]',
      log: '[started <a>] | [a stops]',
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end normal]',
    },
  },
  {
    name: 'a child that is ended by request does not count as a restart, nor is it restarted',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        [
          'repeat',
          3,
          [
            ['terminateChild', '<sup>', 'a'],
            ['restartChild', '<sup>', 'a'],
          ],
        ],
        ['terminateChild', '<sup>', 'a'],
        ['countChildren', '<sup>'],
      ],
      a: worker('a'),
    },
    supervisors: sup,
    expected: {
      main: [
        '[ok <sup>] | ok | [ok <a/2>] | ok | [ok <a/3>] | ok | [ok <a/4>] | ok',
        '[[specs 1] [active 0] [supervisors 0] [workers 1]] | [end normal]',
      ],
      log: [
        '[started <a>] | [a stops] | [started <a/2>] | [a stops] | [started <a/3>] | [a stops] | [started <a/4>]',
        '[a stops]',
      ],
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      'a/2': '[EXIT <sup> shutdown] | [end shutdown]',
      'a/3': '[EXIT <sup> shutdown] | [end shutdown]',
      'a/4': '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end normal]',
    },
  },
  {
    name: 'a temporary child that is ended by request is forgotten',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['terminateChild', '<sup>', 't'],
        ['restartChild', '<sup>', 't'],
        ['countChildren', '<sup>'],
      ],
      t: worker('t'),
    },
    supervisors: { sup: { children: [{ id: 't', start: 't', restart: 'temporary' }] } },
    expected: {
      main: '[ok <sup>] | ok | [error not_found] | [[specs 0] [active 0] [supervisors 0] [workers 0]] | [end normal]',
      log: '[started <t>] | [t stops]',
      sup: '[end normal]',
      t: '[EXIT <sup> shutdown] | [end shutdown]',
    },
  },
  {
    name: 'a restart by request that fails leaves the child as it was',
    actors: {
      main: [
        ['startSupervisor', 'sup'],
        ['terminateChild', '<sup>', 'a'],
        ['restartChild', '<sup>', 'a'],
        ['whichChildren', '<sup>'],
        ['restartChild', '<sup>', 'a'],
      ],
      a: worker('a'),
    },
    supervisors: { sup: { children: [{ id: 'a', start: 'a', outcomes: ['ok', ['error', 'no_luck']] }] } },
    expected: {
      main: '[ok <sup>] | ok | [error no_luck] | [[a undefined worker]] | [ok <a/2>] | [end normal]',
      log: '[started <a>] | [a stops] | [start_failed a] | [started <a/2>] | [a stops]',
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      'a/2': '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end normal]',
    },
  },
  {
    name: 'a request to a supervisor that is gone fails with noproc',
    actors: {
      main: [
        ['trapExit', true],
        ['startSupervisor', 'sup'],
        ['stop', '<sup>'],
        ['receive'],
        ['awaitEnd', '<a>'],
        ['whichChildren', '<sup>'],
        ['terminateChild', '<sup>', 'a'],
      ],
      a: worker('a'),
    },
    supervisors: sup,
    expected: {
      main: '[ok <sup>] | ok | [EXIT <sup> normal] | [failed noproc] | [failed noproc] | [end normal]',
      log: '[started <a>] | [a stops]',
      a: '[EXIT <sup> shutdown] | [end shutdown]',
      sup: '[end normal]',
    },
  },
  {
    name: 'a child that is being ended hears of the end of its supervisor',
    actors: {
      main: [
        ['trapExit', true],
        ['startSupervisor', 'sup'],
        ['spawn', 'asker'],
        ['receive'],
        ['exitOther', '<sup>', 'kill'],
        ['receive'],
        ['awaitEnd', '<a>'],
        ['awaitEnd', '<asker>'],
      ],
      a: [['trapExit', true], ['ready'], ['receive'], ['send', '<main>', 'told'], ['receive']],
      asker: [['terminateChild', '<sup>', 'a']],
    },
    supervisors: { sup: { children: [{ id: 'a', start: 'a', shutdown: 60_000 }] } },
    expected: {
      main: '[ok <sup>] | told | [EXIT <sup> killed] | [end normal]',
      log: '[started <a>]',
      a: '[EXIT <sup> shutdown] | [EXIT <sup> killed] | [end normal]',
      asker: '[failed killed] | [end normal]',
      sup: '[end killed]',
    },
  },
  {
    name: 'all children of simple_one_for_one that are being ended hear of the end of their supervisor',
    actors: {
      main: [
        ['trapExit', true],
        ['spawn', 'parent'],
        ['receive'],
        ['startChild', '<sup>', []],
        ['startChild', '<sup>', []],
        ['send', '<parent>', 'go'],
        ['receive'],
        ['receive'],
        ['exitOther', '<sup>', 'kill'],
        ['awaitEnd', '<a>'],
        ['awaitEnd', '<a/2>'],
        ['awaitEnd', '<sup>'],
      ],
      parent: [['startSupervisor', 'sup'], ['send', '<main>', 'started'], ['receive'], ['exit', 'shutdown']],
      a: [['trapExit', true], ['ready'], ['receive'], ['send', '<main>', 'told'], ['receive']],
    },
    supervisors: { sup: { strategy: 'simple_one_for_one', children: [{ id: 'a', start: 'a', shutdown: 60_000 }] } },
    expected: {
      main: 'started | [ok <a>] | [ok <a/2>] | told | told | [end normal]',
      log: '[started <a>] | [started <a/2>]',
      a: '[EXIT <sup> shutdown] | [EXIT <sup> killed] | [end normal]',
      'a/2': '[EXIT <sup> shutdown] | [EXIT <sup> killed] | [end normal]',
      parent: '[ok <sup>] | go | [end shutdown]',
      sup: '[end killed]',
    },
  },
];
