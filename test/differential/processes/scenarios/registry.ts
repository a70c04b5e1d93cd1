/** Names: which actor may have which name, and when a name is free again. */
import type { Scenario } from '../scenario.js';

export const registry: readonly Scenario[] = [
  {
    name: 'a registered name finds its actor and takes messages for it',
    actors: {
      main: [
        ['spawn', 'b'],
        ['register', 'bee', '<b>'],
        ['whereis', 'bee'],
        ['isRegistered', 'bee'],
        ['send', 'bee', 'hello'],
        ['awaitEnd', '<b>'],
      ],
      b: [['receive']],
    },
    expected: {
      main: '<b> | true | [end normal]',
      b: 'hello | [end normal]',
    },
  },
  {
    name: 'an actor may register itself',
    actors: {
      main: [['spawn', 'b'], ['receive'], ['whereis', 'bee'], ['send', 'bee', 'hello'], ['awaitEnd', '<b>']],
      b: [['register', 'bee', '<self>'], ['send', '<main>', 'registered'], ['receive']],
    },
    expected: {
      main: 'registered | <b> | [end normal]',
      b: 'hello | [end normal]',
    },
  },
  {
    name: 'nobody has a name that was not registered',
    actors: {
      main: [
        ['whereis', 'nobody'],
        ['isRegistered', 'nobody'],
        ['unregister', 'nobody'],
      ],
    },
    expected: {
      main: 'undefined | false | [error badarg] | [end normal]',
    },
  },
  {
    name: 'a message to a name that nobody has is badarg',
    actors: {
      main: [
        ['send', 'nobody', 'hello'],
        ['note', 'after'],
      ],
    },
    expected: {
      main: '[error badarg] | after | [end normal]',
    },
  },
  {
    name: 'a taken name is badarg and stays where it is',
    actors: {
      main: [
        ['spawn', 'a'],
        ['spawn', 'b'],
        ['register', 'bee', '<a>'],
        ['register', 'bee', '<b>'],
        ['whereis', 'bee'],
      ],
      a: [['hold']],
      b: [['hold']],
    },
    expected: {
      main: '[error badarg] | <a> | [end normal]',
      a: '[end still_alive]',
      b: '[end still_alive]',
    },
  },
  {
    name: 'registering the same again is badarg',
    actors: {
      main: [
        ['register', 'me', '<self>'],
        ['register', 'me', '<self>'],
        ['whereis', 'me'],
      ],
    },
    expected: {
      main: '[error badarg] | <main> | [end normal]',
    },
  },
  {
    name: 'a second name for an actor is badarg',
    actors: {
      main: [
        ['register', 'one', '<self>'],
        ['register', 'two', '<self>'],
        ['whereis', 'one'],
        ['whereis', 'two'],
      ],
    },
    expected: {
      main: '[error badarg] | <main> | undefined | [end normal]',
    },
  },
  {
    name: 'a name for the dead is badarg',
    actors: {
      main: [
        ['spawn', 'b'],
        ['awaitEnd', '<b>'],
        ['register', 'bee', '<b>'],
        ['whereis', 'bee'],
      ],
      b: [],
    },
    expected: {
      main: '[error badarg] | undefined | [end normal]',
      b: '[end normal]',
    },
  },
  {
    name: 'undefined is no name',
    actors: {
      main: [
        ['register', 'undefined', '<self>'],
        ['register', 'me', '<self>'],
        ['whereis', 'me'],
      ],
    },
    expected: {
      main: '[error badarg] | <main> | [end normal]',
    },
  },
  {
    name: 'only an actor can have a name',
    actors: {
      main: [
        ['register', 'bee', 'other'],
        ['whereis', 'bee'],
      ],
    },
    expected: {
      main: '[error badarg] | undefined | [end normal]',
    },
  },
  {
    name: 'unregister frees the name and the actor',
    actors: {
      main: [
        ['spawn', 'a'],
        ['spawn', 'b'],
        ['register', 'bee', '<a>'],
        ['unregister', 'bee'],
        ['whereis', 'bee'],
        ['send', 'bee', 'lost'],
        ['register', 'bee', '<b>'],
        ['register', 'cee', '<a>'],
        ['whereis', 'bee'],
        ['whereis', 'cee'],
        ['unregister', 'bee'],
        ['unregister', 'bee'],
      ],
      a: [['hold']],
      b: [['hold']],
    },
    expected: {
      main: 'undefined | [error badarg] | <b> | <a> | [error badarg] | [end normal]',
      a: '[end still_alive]',
      b: '[end still_alive]',
    },
  },
  {
    name: 'a name is free when monitors hear of the end',
    actors: {
      main: [
        ['spawnMonitor', 'b', '#b'],
        ['register', 'bee', '<b>'],
        ['send', 'bee', 'go'],
        ['receive'],
        ['whereis', 'bee'],
        ['isRegistered', 'bee'],
        ['send', 'bee', 'lost'],
        ['spawn', 'b'],
        ['register', 'bee', '<b/2>'],
        ['whereis', 'bee'],
        ['send', 'bee', 'go'],
        ['awaitEnd', '<b/2>'],
      ],
      b: [['receive'], ['exit', 'boom']],
    },
    expected: {
      main: '[DOWN #b process <b> boom] | undefined | false | [error badarg] | <b/2> | [end normal]',
      b: 'go | [end boom]',
      'b/2': 'go | [end boom]',
    },
  },
  {
    name: 'a name is free when links hear of the end, also of a killed one',
    actors: {
      main: [
        ['trapExit', true],
        ['spawnLink', 'b'],
        ['register', 'bee', '<b>'],
        ['exitOther', '<b>', 'kill'],
        ['receive'],
        ['whereis', 'bee'],
        ['register', 'bee', '<self>'],
        ['whereis', 'bee'],
      ],
      b: [['hold']],
    },
    expected: {
      main: '[EXIT <b> killed] | undefined | <main> | [end normal]',
      b: '[end killed]',
    },
  },
];
