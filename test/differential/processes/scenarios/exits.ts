/** Ends and exit signals: which signal ends which actor, and with which reason. */
import type { Scenario } from '../scenario.js';

export const exits: readonly Scenario[] = [
  {
    name: 'normal from another does nothing to one who does not trap exits',
    actors: {
      main: [['spawn', 'b'], ['exitOther', '<b>', 'normal'], ['send', '<b>', 'go'], ['receive'], ['isAlive', '<b>']],
      b: [['receive'], ['send', '<main>', 'alive'], ['hold']],
    },
    expected: {
      main: 'alive | true | [end normal]',
      b: 'go | [end still_alive]',
    },
  },
  {
    name: 'normal from another is a message to one who traps exits',
    actors: {
      main: [['spawn', 'b'], ['receive'], ['exitOther', '<b>', 'normal'], ['awaitEnd', '<b>']],
      b: [['trapExit', true], ['send', '<main>', 'ready'], ['receive']],
    },
    expected: {
      main: 'ready | [end normal]',
      b: '[EXIT <main> normal] | [end normal]',
    },
  },
  {
    name: 'normal from oneself ends one who does not trap exits',
    actors: {
      main: [['spawnMonitor', 'b', '#b'], ['receive']],
      b: [['exitOther', '<self>', 'normal'], ['note', 'after'], ['hold']],
    },
    expected: {
      main: '[DOWN #b process <b> normal] | [end normal]',
      b: '[end normal]',
    },
  },
  {
    name: 'normal from oneself is a message to one who traps exits',
    actors: { main: [['trapExit', true], ['exitOther', '<self>', 'normal'], ['receive']] },
    expected: {
      main: '[EXIT <main> normal] | [end normal]',
    },
  },
  {
    name: 'any other reason from oneself ends one who does not trap exits, at once',
    actors: {
      main: [['spawnMonitor', 'b', '#b'], ['receive']],
      b: [['exitOther', '<self>', 'boom'], ['note', 'after'], ['hold']],
    },
    expected: {
      main: '[DOWN #b process <b> boom] | [end normal]',
      b: '[end boom]',
    },
  },
  {
    name: 'shutdown, an atom and a tuple end those who do not trap exits',
    actors: {
      main: [
        ['spawnMonitor', 'a', '#a'],
        ['exitOther', '<a>', 'shutdown'],
        ['receive'],
        ['spawnMonitor', 'b', '#b'],
        ['exitOther', '<b>', 'boom'],
        ['receive'],
        ['spawnMonitor', 'c', '#c'],
        ['exitOther', '<c>', ['shutdown', ['because', '<main>']]],
        ['receive'],
      ],
      a: [['hold']],
      b: [['hold']],
      c: [['hold']],
    },
    expected: {
      main: [
        '[DOWN #a process <a> shutdown] | [DOWN #b process <b> boom]',
        '[DOWN #c process <c> [shutdown [because <main>]]] | [end normal]',
      ],
      a: '[end shutdown]',
      b: '[end boom]',
      c: '[end [shutdown [because <main>]]]',
    },
  },
  {
    name: 'they are messages to one who traps exits, and name the sender',
    actors: {
      main: [
        ['spawn', 'b'],
        ['receive'],
        ['exitOther', '<b>', 'shutdown'],
        ['exitOther', '<b>', 'boom'],
        ['exitOther', '<b>', ['shutdown', 1]],
        ['awaitEnd', '<b>'],
      ],
      b: [['trapExit', true], ['send', '<main>', 'ready'], ['receive'], ['receive'], ['receive']],
    },
    expected: {
      main: 'ready | [end normal]',
      b: '[EXIT <main> shutdown] | [EXIT <main> boom] | [EXIT <main> [shutdown 1]] | [end normal]',
    },
  },
  {
    name: 'kill ends one who traps exits, and monitors see killed',
    actors: {
      main: [['spawnMonitor', 'b', '#b'], ['receive'], ['exitOther', '<b>', 'kill'], ['receive']],
      b: [['trapExit', true], ['send', '<main>', 'ready'], ['hold']],
    },
    expected: {
      main: 'ready | [DOWN #b process <b> killed] | [end normal]',
      b: '[end killed]',
    },
  },
  {
    name: 'links of a killed one see killed, which can be trapped',
    actors: {
      main: [['spawn', 'a'], ['receive'], ['exitOther', '<c>', 'kill'], ['awaitEnd', '<a>'], ['awaitEnd', '<b>']],
      a: [['trapExit', true], ['spawnLink', 'b'], ['receive'], ['receive']],
      b: [['spawnLink', 'c'], ['send', '<a>', 'linked'], ['send', '<main>', 'linked'], ['hold']],
      c: [['hold']],
    },
    expected: {
      main: 'linked | [end normal]',
      a: 'linked | [EXIT <b> killed] | [end normal]',
      b: '[end killed]',
      c: '[end killed]',
    },
  },
  {
    name: 'one who ends itself with kill is not killed, nor are its links',
    actors: {
      main: [['trapExit', true], ['spawnLink', 'a'], ['receive'], ['spawnLink', 'b'], ['receive']],
      a: [['exit', 'kill']],
      b: [['spawnLink', 'c'], ['hold']],
      c: [['exit', 'kill']],
    },
    expected: {
      main: '[EXIT <a> kill] | [EXIT <b> kill] | [end normal]',
      a: '[end kill]',
      b: '[end kill]',
      c: '[end kill]',
    },
  },
  {
    name: 'killed from another is a reason like any other',
    actors: {
      main: [['spawn', 'b'], ['receive'], ['exitOther', '<b>', 'killed'], ['awaitEnd', '<b>']],
      b: [['trapExit', true], ['send', '<main>', 'ready'], ['receive']],
    },
    expected: {
      main: 'ready | [end normal]',
      b: '[EXIT <main> killed] | [end normal]',
    },
  },
  {
    name: 'a signal to the dead is silent, and so is a message',
    actors: {
      main: [
        ['spawn', 'b'],
        ['awaitEnd', '<b>'],
        ['exitOther', '<b>', 'boom'],
        ['exitOther', '<b>', 'kill'],
        ['send', '<b>', 'hello'],
        ['isAlive', '<b>'],
      ],
      b: [],
    },
    expected: {
      main: 'false | [end normal]',
      b: '[end normal]',
    },
  },
  {
    name: 'who traps exits no more is ended by the next',
    actors: {
      main: [
        ['spawnMonitor', 'b', '#b'],
        ['receive'],
        ['exitOther', '<b>', 'one'],
        ['receive'],
        ['exitOther', '<b>', 'two'],
        ['receive'],
      ],
      b: [
        ['trapExit', true],
        ['send', '<main>', 'trapping'],
        ['receive'],
        ['trapExit', false],
        ['send', '<main>', 'not'],
        ['hold'],
      ],
    },
    expected: {
      main: 'trapping | not | [DOWN #b process <b> two] | [end normal]',
      b: '[EXIT <main> one] | [end two]',
    },
  },
  {
    name: 'an exit signal keeps its place among the messages of its sender',
    actors: {
      main: [
        ['spawn', 'b'],
        ['receive'],
        ['send', '<b>', 1],
        ['exitOther', '<b>', 'boom'],
        ['send', '<b>', 2],
        ['awaitEnd', '<b>'],
      ],
      b: [['trapExit', true], ['send', '<main>', 'ready'], ['receive'], ['receive'], ['receive']],
    },
    expected: {
      main: 'ready | [end normal]',
      b: '1 | [EXIT <main> boom] | 2 | [end normal]',
    },
  },
  {
    name: 'who fails ends with what it failed with',
    actors: {
      main: [['spawnMonitor', 'a', '#a'], ['receive'], ['spawnMonitor', 'b', '#b'], ['receive']],
      a: [
        ['raise', ['bad', 'luck']],
        ['note', 'after'],
      ],
      b: [
        ['raise', 'normal'],
        ['note', 'after'],
      ],
    },
    expected: {
      main: '[DOWN #a process <a> [bad luck]] | [DOWN #b process <b> normal] | [end normal]',
      a: '[end [bad luck]]',
      b: '[end normal]',
    },
  },
  {
    name: 'an exit skips what was to come',
    actors: {
      main: [['spawnMonitor', 'b', '#b'], ['receive']],
      b: [
        ['note', 'before'],
        ['exit', 'normal'],
        ['note', 'after'],
      ],
    },
    expected: {
      main: '[DOWN #b process <b> normal] | [end normal]',
      b: 'before | [end normal]',
    },
  },
  {
    name: 'neither link nor exit takes a name, nor anything else that is no pid',
    actors: {
      main: [
        ['register', 'me', '<self>'],
        ['link', 'me'],
        ['unlink', 'nobody'],
        ['exitOther', 'me', 'boom'],
        ['isAlive', 'me'],
      ],
    },
    expected: {
      main: '[error badarg] | [error badarg] | [error badarg] | [error badarg] | [end normal]',
    },
  },
];
