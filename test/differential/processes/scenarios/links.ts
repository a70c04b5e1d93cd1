/** Links: which actors end together, and which are told. */
import type { Scenario } from '../scenario.js';

export const links: readonly Scenario[] = [
  {
    name: 'an abnormal end ends what is linked to it',
    actors: {
      main: [
        ['spawn', 'parent'],
        ['awaitEnd', '<parent>'],
      ],
      parent: [['spawnLink', 'child'], ['send', '<child>', 'go'], ['hold']],
      child: [['receive'], ['exit', 'boom']],
    },
    expected: {
      main: '[end normal]',
      child: 'go | [end boom]',
      parent: '[end boom]',
    },
  },
  {
    name: 'a normal end does not end what is linked to it',
    actors: {
      main: [
        ['spawn', 'parent'],
        ['awaitEnd', '<parent>'],
      ],
      parent: [
        ['spawnLink', 'child'],
        ['awaitEnd', '<child>'],
        ['note', 'alive'],
      ],
      child: [['note', 'done']],
    },
    expected: {
      main: '[end normal]',
      child: 'done | [end normal]',
      parent: 'alive | [end normal]',
    },
  },
  {
    name: 'one who traps exits is told of a normal end and of an abnormal one',
    actors: {
      main: [['trapExit', true], ['spawnLink', 'good'], ['receive'], ['spawnLink', 'bad'], ['receive']],
      good: [],
      bad: [['exit', ['wrong', 7]]],
    },
    expected: {
      main: '[EXIT <good> normal] | [EXIT <bad> [wrong 7]] | [end normal]',
      bad: '[end [wrong 7]]',
      good: '[end normal]',
    },
  },
  {
    name: 'an end goes along a chain of links, to whoever traps exits',
    actors: {
      main: [['trapExit', true], ['spawnLink', 'a'], ['receive'], ['awaitEnd', '<b>'], ['awaitEnd', '<c>']],
      a: [['spawnLink', 'b'], ['hold']],
      b: [['spawnLink', 'c'], ['send', '<c>', 'go'], ['hold']],
      c: [['receive'], ['exit', 'boom']],
    },
    expected: {
      main: '[EXIT <a> boom] | [end normal]',
      a: '[end boom]',
      b: '[end boom]',
      c: 'go | [end boom]',
    },
  },
  {
    name: 'a ring of links falls as one',
    actors: {
      main: [
        ['spawn', 'a'],
        ['spawnMonitor', 'b', '#b'],
        ['send', '<a>', 'go'],
        ['receive'],
        ['awaitEnd', '<a>'],
        ['awaitEnd', '<c>'],
      ],
      a: [['receive'], ['spawnLink', 'c'], ['link', '<b>'], ['send', '<c>', 'go'], ['hold']],
      b: [['hold']],
      c: [['receive'], ['link', '<b>'], ['exit', 'boom']],
    },
    expected: {
      main: '[DOWN #b process <b> boom] | [end normal]',
      a: 'go | [end boom]',
      b: '[end boom]',
      c: 'go | [end boom]',
    },
  },
  {
    name: 'a link works both ways',
    actors: {
      main: [
        ['spawn', 'parent'],
        ['awaitEnd', '<parent>'],
        ['awaitEnd', '<child>'],
      ],
      parent: [['spawnLink', 'child'], ['receive'], ['exit', 'boom']],
      child: [['send', '<parent>', 'hello'], ['hold']],
    },
    expected: {
      main: '[end normal]',
      child: '[end boom]',
      parent: 'hello | [end boom]',
    },
  },
  {
    name: 'a link to the dead brings noproc to one who traps exits',
    actors: {
      main: [['trapExit', true], ['spawn', 'b'], ['awaitEnd', '<b>'], ['link', '<b>'], ['receive']],
      b: [],
    },
    expected: {
      main: '[EXIT <b> noproc] | [end normal]',
      b: '[end normal]',
    },
  },
  {
    name: 'a link to the dead, by one who does not trap exits',
    actors: {
      main: [
        ['spawn', 'a'],
        ['awaitEnd', '<a>'],
      ],
      a: [['spawn', 'b'], ['awaitEnd', '<b>'], ['link', '<b>'], ['note', 'after'], ['send', '<self>', 'x'], ['receive']],
      b: [],
    },
    expected: {
      main: '[end normal]',
      a: '[error noproc] | after | x | [end normal]',
      b: '[end normal]',
    },
  },
  {
    name: 'linking twice is linking once',
    actors: {
      main: [
        ['trapExit', true],
        ['spawnLink', 'b'],
        ['link', '<b>'],
        ['link', '<b>'],
        ['send', '<b>', 'go'],
        ['receive'],
        ['receiveAfter', 0],
      ],
      b: [['link', '<main>'], ['receive'], ['exit', 'boom']],
    },
    expected: {
      main: '[EXIT <b> boom] | timeout | [end normal]',
      b: 'go | [end boom]',
    },
  },
  {
    name: 'of links made twice one unlink leaves nothing',
    actors: {
      main: [
        ['trapExit', true],
        ['spawnLink', 'b'],
        ['link', '<b>'],
        ['unlink', '<b>'],
        ['send', '<b>', 'go'],
        ['awaitEnd', '<b>'],
        ['receiveAfter', 0],
      ],
      b: [['receive'], ['exit', 'boom']],
    },
    expected: {
      main: 'timeout | [end normal]',
      b: 'go | [end boom]',
    },
  },
  {
    name: 'after an unlink nobody falls and nobody is told',
    actors: {
      main: [
        ['spawn', 'parent'],
        ['awaitEnd', '<parent>'],
      ],
      parent: [
        ['spawnLink', 'child'],
        ['unlink', '<child>'],
        ['send', '<child>', 'go'],
        ['awaitEnd', '<child>'],
        ['receiveAfter', 0],
        ['note', 'alive'],
      ],
      child: [['receive'], ['exit', 'boom']],
    },
    expected: {
      main: '[end normal]',
      child: 'go | [end boom]',
      parent: 'timeout | alive | [end normal]',
    },
  },
  {
    name: 'the other side may unlink',
    actors: {
      main: [
        ['spawn', 'parent'],
        ['awaitEnd', '<parent>'],
      ],
      parent: [['spawnLink', 'child'], ['receive'], ['awaitEnd', '<child>'], ['receiveAfter', 0]],
      child: [
        ['unlink', '<parent>'],
        ['send', '<parent>', 'unlinked'],
        ['exit', 'boom'],
      ],
    },
    expected: {
      main: '[end normal]',
      child: '[end boom]',
      parent: 'unlinked | timeout | [end normal]',
    },
  },
  {
    name: 'an unlink after the end leaves the message that has come',
    actors: {
      main: [
        ['trapExit', true],
        ['spawnLink', 'b'],
        ['send', '<self>', 'before'],
        ['send', '<b>', 'go'],
        ['awaitEnd', '<b>'],
        ['unlink', '<b>'],
        ['receive'],
        ['receive'],
        ['receiveAfter', 0],
      ],
      b: [['receive'], ['exit', 'boom']],
    },
    expected: {
      main: 'before | [EXIT <b> boom] | timeout | [end normal]',
      b: 'go | [end boom]',
    },
  },
  {
    name: 'a link to oneself is none',
    actors: {
      main: [['link', '<self>'], ['spawnMonitor', 'b', '#b'], ['receive']],
      b: [
        ['link', '<self>'],
        ['exit', 'boom'],
      ],
    },
    expected: {
      main: '[DOWN #b process <b> boom] | [end normal]',
      b: '[end boom]',
    },
  },
  {
    name: 'what fails at once takes its parent along',
    actors: {
      main: [['spawnMonitor', 'parent', '#p'], ['receive']],
      parent: [['spawnLink', 'child'], ['hold']],
      child: [['raise', ['bad', 'start']]],
    },
    expected: {
      main: '[DOWN #p process <parent> [bad start]] | [end normal]',
      child: '[end [bad start]]',
      parent: '[end [bad start]]',
    },
  },
  {
    name: 'the end of a parent ends all its children',
    actors: {
      main: [
        ['spawn', 'parent'],
        ['receive'],
        ['send', '<parent>', 'go'],
        ['awaitEnd', '<a>'],
        ['awaitEnd', '<b>'],
        ['awaitEnd', '<c>'],
      ],
      parent: [
        ['spawnLink', 'a'],
        ['spawnLink', 'b'],
        ['spawnLink', 'c'],
        ['send', '<main>', 'spawned'],
        ['receive'],
        ['exit', 'shutdown'],
      ],
      a: [['hold']],
      b: [['hold']],
      c: [['hold']],
    },
    expected: {
      main: 'spawned | [end normal]',
      a: '[end shutdown]',
      b: '[end shutdown]',
      c: '[end shutdown]',
      parent: 'go | [end shutdown]',
    },
  },
];
