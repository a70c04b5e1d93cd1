/** Timers: which message they send to which actor, and until when they can be stopped. Every wait is for a message that is certain to come. */
import type { Scenario } from '../scenario.js';

export const timers: readonly Scenario[] = [
  {
    name: 'send_after sends the message as it is',
    actors: { main: [['sendAfter', 1, '<self>', ['tick', 1], '#t'], ['receive'], ['receiveAfter', 0]] },
    expected: {
      main: '[tick 1] | timeout | [end normal]',
    },
  },
  {
    name: 'start_timer sends timeout, the reference and the message',
    actors: { main: [['startTimer', 1, '<self>', 'tick', '#t'], ['receive'], ['receiveAfter', 0]] },
    expected: {
      main: '[timeout #t tick] | timeout | [end normal]',
    },
  },
  {
    name: 'a time of 0 is one too',
    actors: { main: [['sendAfter', 0, '<self>', 'now', '#t'], ['receive'], ['cancelTimer', '#t']] },
    expected: {
      main: 'now | false | [end normal]',
    },
  },
  {
    name: 'the timer that is due first fires first',
    actors: {
      main: [['sendAfter', 200, '<self>', 'late', '#l'], ['sendAfter', 1, '<self>', 'early', '#e'], ['receive'], ['receive']],
    },
    expected: {
      main: 'early | late | [end normal]',
    },
  },
  {
    name: 'a cancelled timer does not fire, and has time left once',
    actors: {
      main: [
        ['sendAfter', 200, '<self>', 'cancelled', '#c'],
        ['sendAfter', 250, '<self>', 'kept', '#k'],
        ['cancelTimer', '#c'],
        ['cancelTimer', '#c'],
        ['readTimer', '#c'],
        ['receive'],
        ['receiveAfter', 0],
      ],
    },
    expected: {
      main: 'left | false | false | kept | timeout | [end normal]',
    },
  },
  {
    name: 'reading a timer does not stop it',
    actors: { main: [['sendAfter', 200, '<self>', 'tick', '#t'], ['readTimer', '#t'], ['receive'], ['readTimer', '#t']] },
    expected: {
      main: 'left | tick | false | [end normal]',
    },
  },
  {
    name: 'cancelling too late is false and leaves the message',
    actors: {
      main: [
        ['startTimer', 1, '<self>', 'tick', '#t'],
        ['sendAfter', 100, '<self>', 'later', '#l'],
        ['receive', 'later'],
        ['cancelTimer', '#t'],
        ['receive'],
        ['receiveAfter', 0],
      ],
    },
    expected: {
      main: 'later | false | [timeout #t tick] | timeout | [end normal]',
    },
  },
  {
    name: 'a timer may be for another, and be cancelled by it',
    actors: {
      main: [
        ['spawn', 'b'],
        ['sendAfter', 1, '<b>', 'tick', '#t'],
        ['sendAfter', 60000, '<b>', 'never', '#n'],
        ['send', '<b>', ['go', '<self>']],
        ['receive'],
        ['readTimer', '#n'],
      ],
      b: [
        ['receive', { tag: 'go' }],
        ['receive', 'tick'],
        ['cancelTimer', '#n'],
        ['send', '<main>', 'cancelled'],
      ],
    },
    expected: {
      main: 'cancelled | false | [end normal]',
      b: '[go <main>] | tick | left | [end normal]',
    },
  },
  {
    name: 'a timer outlives who set it',
    actors: {
      main: [['spawn', 'b'], ['awaitEnd', '<b>'], ['receive']],
      b: [['sendAfter', 30, '<main>', 'tick', '#t']],
    },
    expected: {
      main: 'tick | [end normal]',
      b: '[end normal]',
    },
  },
  {
    name: 'a timer goes with the actor it is for',
    actors: {
      main: [
        ['spawn', 'b'],
        ['sendAfter', 60000, '<b>', 'tick', '#t'],
        ['readTimer', '#t'],
        ['send', '<b>', 'go'],
        ['awaitEnd', '<b>'],
        ['readTimer', '#t'],
        ['cancelTimer', '#t'],
      ],
      b: [['receive']],
    },
    expected: {
      main: 'left | false | false | [end normal]',
      b: 'go | [end normal]',
    },
  },
  {
    name: 'a timer for the dead is over at once',
    actors: {
      main: [
        ['spawn', 'b'],
        ['awaitEnd', '<b>'],
        ['sendAfter', 60000, '<b>', 'tick', '#t'],
        ['readTimer', '#t'],
        ['cancelTimer', '#t'],
      ],
      b: [],
    },
    expected: {
      main: 'false | false | [end normal]',
      b: '[end normal]',
    },
  },
  {
    name: 'a timer for a name sends to who has it then',
    actors: {
      main: [
        ['sendAfter', 200, 'bee', 'tick', '#t'],
        ['spawn', 'b'],
        ['register', 'bee', '<b>'],
        ['awaitEnd', '<b>'],
      ],
      b: [['receive']],
    },
    expected: {
      main: '[end normal]',
      b: 'tick | [end normal]',
    },
  },
  {
    name: 'a timer for a name that nobody has then is silent',
    actors: {
      main: [
        ['sendAfter', 1, 'nobody', 'tick', '#n'],
        ['sendAfter', 100, '<self>', 'later', '#l'],
        ['receive'],
        ['readTimer', '#n'],
      ],
    },
    expected: {
      main: 'later | false | [end normal]',
    },
  },
  {
    name: 'a timer for a name does not go with who had it',
    actors: {
      main: [
        ['spawn', 'b'],
        ['register', 'bee', '<b>'],
        ['sendAfter', 60000, 'bee', 'tick', '#t'],
        ['send', 'bee', 'go'],
        ['awaitEnd', '<b>'],
        ['cancelTimer', '#t'],
      ],
      b: [['receive']],
    },
    expected: {
      main: 'left | [end normal]',
      b: 'go | [end normal]',
    },
  },
  {
    name: 'a time below 0 is badarg',
    actors: {
      main: [
        ['sendAfter', -1, '<self>', 'x', '#a'],
        ['startTimer', -1, '<self>', 'x', '#b'],
      ],
    },
    expected: {
      main: '[error badarg] | [error badarg] | [end normal]',
    },
  },
  {
    name: 'a time may be longer than 32 bits of milliseconds',
    actors: {
      main: [
        ['sendAfter', 4294967295, '<self>', 'x', '#a'],
        ['cancelTimer', '#a'],
        ['sendAfter', 4294967296, '<self>', 'x', '#b'],
      ],
    },
    expected: {
      main: 'left | [end normal]',
    },
  },
];
