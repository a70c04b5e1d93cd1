/** Monitors: which actor is told, when, and how often. */
import type { Scenario } from '../scenario.js';

export const monitors: readonly Scenario[] = [
  {
    name: 'a monitor tells of a normal end and of an abnormal one',
    actors: {
      main: [
        ['spawn', 'a'],
        ['monitor', '<a>', '#a'],
        ['send', '<a>', 'go'],
        ['receive'],
        ['spawn', 'b'],
        ['monitor', '<b>', '#b'],
        ['send', '<b>', 'go'],
        ['receive'],
      ],
      a: [['receive']],
      b: [['receive'], ['exit', ['bad', 'end']]],
    },
    expected: {
      main: '[DOWN #a process <a> normal] | [DOWN #b process <b> [bad end]] | [end normal]',
      a: 'go | [end normal]',
      b: 'go | [end [bad end]]',
    },
  },
  {
    name: 'a monitor of the dead tells noproc',
    actors: {
      main: [['spawn', 'b'], ['awaitEnd', '<b>'], ['monitor', '<b>', '#b'], ['receive']],
      b: [['exit', 'boom']],
    },
    expected: {
      main: '[DOWN #b process <b> noproc] | [end normal]',
      b: '[end boom]',
    },
  },
  {
    name: 'each of several monitors tells once',
    actors: {
      main: [
        ['spawn', 'b'],
        ['monitor', '<b>', '#one'],
        ['monitor', '<b>', '#two'],
        ['monitor', '<b>', '#three'],
        ['send', '<b>', 'go'],
        ['receive', { ref: '#two' }],
        ['receive', { ref: '#three' }],
        ['receive', { ref: '#one' }],
        ['receiveAfter', 0],
      ],
      b: [['receive'], ['exit', 'boom']],
    },
    expected: {
      main: [
        '[DOWN #two process <b> boom] | [DOWN #three process <b> boom] | [DOWN #one process <b> boom] | timeout',
        '[end normal]',
      ],
      b: 'go | [end boom]',
    },
  },
  {
    name: 'several watchers are all told',
    actors: {
      main: [
        ['spawn', 'b'],
        ['spawn', 'v'],
        ['spawn', 'w'],
        ['receive', ['watching', '<v>']],
        ['receive', ['watching', '<w>']],
        ['send', '<b>', 'go'],
        ['awaitEnd', '<v>'],
        ['awaitEnd', '<w>'],
      ],
      b: [['receive'], ['exit', 'boom']],
      v: [['monitor', '<b>', '#v'], ['send', '<main>', ['watching', '<v>']], ['receive']],
      w: [['monitor', '<b>', '#w'], ['send', '<main>', ['watching', '<w>']], ['receive']],
    },
    expected: {
      main: '[watching <v>] | [watching <w>] | [end normal]',
      b: 'go | [end boom]',
      v: '[DOWN #v process <b> boom] | [end normal]',
      w: '[DOWN #w process <b> boom] | [end normal]',
    },
  },
  {
    name: 'a monitor that was cancelled tells nothing',
    actors: {
      main: [
        ['spawn', 'b'],
        ['monitor', '<b>', '#one'],
        ['monitor', '<b>', '#two'],
        ['demonitor', '#one'],
        ['send', '<b>', 'go'],
        ['receive'],
        ['receiveAfter', 0],
      ],
      b: [['receive']],
    },
    expected: {
      main: '[DOWN #two process <b> normal] | timeout | [end normal]',
      b: 'go | [end normal]',
    },
  },
  {
    name: 'cancelling too late leaves the message',
    actors: {
      main: [
        ['spawnMonitor', 'b', '#b'],
        ['send', '<self>', 'x'],
        ['receive', ['DOWN', '_', '_', '_', '_']],
        ['demonitor', '#b'],
        ['receive'],
      ],
      b: [],
    },
    expected: {
      main: '[DOWN #b process <b> normal] | x | [end normal]',
      b: '[end normal]',
    },
  },
  {
    name: 'cancelling with flush takes the message too, and no other',
    actors: {
      main: [
        ['spawn', 'b'],
        ['monitor', '<b>', '#one'],
        ['monitor', '<b>', '#two'],
        ['send', '<b>', 'go'],
        ['receive', { ref: '#two' }],
        ['send', '<self>', ['note', '#one']],
        ['awaitEnd', '<b>'],
        ['demonitor', '#one', 'flush'],
        ['demonitor', '#one', 'flush'],
        ['flush'],
      ],
      b: [['receive'], ['exit', 'boom']],
    },
    expected: {
      main: '[DOWN #two process <b> boom] | [note #one] | [end normal]',
      b: 'go | [end boom]',
    },
  },
  {
    name: 'cancelling the monitor of another, or what is none, changes nothing',
    actors: {
      main: [
        ['spawn', 'b'],
        ['spawn', 'w'],
        ['receive'],
        ['demonitor', '#w'],
        ['makeRef', '#none'],
        ['demonitor', '#none', 'flush'],
        ['send', '<b>', 'go'],
        ['awaitEnd', '<w>'],
      ],
      b: [['receive'], ['exit', 'boom']],
      w: [['monitor', '<b>', '#w'], ['send', '<main>', 'watching'], ['receive']],
    },
    expected: {
      main: 'watching | [end normal]',
      b: 'go | [end boom]',
      w: '[DOWN #w process <b> boom] | [end normal]',
    },
  },
  {
    name: 'a DOWN comes after the messages sent before the end',
    actors: {
      main: [['spawnMonitor', 'b', '#b'], ['receive'], ['receive'], ['receive'], ['receiveAfter', 0]],
      b: [
        ['send', '<main>', 1],
        ['send', '<main>', 2],
        ['exit', 'boom'],
      ],
    },
    expected: {
      main: '1 | 2 | [DOWN #b process <b> boom] | timeout | [end normal]',
      b: '[end boom]',
    },
  },
  {
    name: 'what fails at once is told of to who spawned it with a monitor',
    actors: {
      main: [['spawnMonitor', 'b', '#b'], ['receive'], ['receiveAfter', 0]],
      b: [['raise', 'early']],
    },
    expected: {
      main: '[DOWN #b process <b> early] | timeout | [end normal]',
      b: '[end early]',
    },
  },
  {
    name: 'the end of a watcher does nothing to what it watches',
    actors: {
      main: [['spawn', 'b'], ['spawn', 'w'], ['awaitEnd', '<w>'], ['send', '<b>', 'go'], ['receive']],
      b: [['receive'], ['send', '<main>', 'alive'], ['hold']],
      w: [
        ['monitor', '<b>', '#m'],
        ['exit', 'boom'],
      ],
    },
    expected: {
      main: 'alive | [end normal]',
      b: 'go | [end still_alive]',
      w: '[end boom]',
    },
  },
  {
    name: 'a monitor of oneself never tells',
    actors: {
      main: [
        ['monitor', '<self>', '#me'],
        ['receiveAfter', 0],
        ['demonitor', '#me'],
      ],
    },
    expected: {
      main: 'timeout | [end normal]',
    },
  },
  {
    name: 'who is linked and monitors gets the EXIT before the DOWN',
    actors: {
      main: [['trapExit', true], ['spawnLink', 'b'], ['monitor', '<b>', '#b'], ['send', '<b>', 'go'], ['receive'], ['receive']],
      b: [['receive'], ['exit', 'boom']],
    },
    expected: {
      main: '[EXIT <b> boom] | [DOWN #b process <b> boom] | [end normal]',
      b: 'go | [end boom]',
    },
  },
  {
    name: 'a monitor by name tells the name',
    actors: {
      main: [['spawn', 'b'], ['register', 'bee', '<b>'], ['monitor', 'bee', '#b'], ['send', 'bee', 'go'], ['receive']],
      b: [['receive'], ['exit', 'boom']],
    },
    expected: {
      main: '[DOWN #b process bee boom] | [end normal]',
      b: 'go | [end boom]',
    },
  },
  {
    name: 'a monitor of a name that nobody has tells noproc',
    actors: { main: [['monitor', 'nobody', '#n'], ['receive']] },
    expected: {
      main: '[DOWN #n process nobody noproc] | [end normal]',
    },
  },
  {
    name: 'a monitor by name stays with the actor when the name goes to another',
    actors: {
      main: [
        ['spawn', 'a'],
        ['spawn', 'b'],
        ['register', 'bee', '<a>'],
        ['monitor', 'bee', '#bee'],
        ['unregister', 'bee'],
        ['register', 'bee', '<b>'],
        ['send', '<b>', 'go'],
        ['awaitEnd', '<b>'],
        ['receiveAfter', 0],
        ['send', '<a>', 'go'],
        ['receive'],
      ],
      a: [['receive'], ['exit', 'boom']],
      b: [['receive']],
    },
    expected: {
      main: 'timeout | [DOWN #bee process bee boom] | [end normal]',
      a: 'go | [end boom]',
      b: 'go | [end normal]',
    },
  },
];
