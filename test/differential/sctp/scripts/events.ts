/** Which events come, in which order (EV). */
import { at, type Script, script } from '../script.js';
import {
  aborted,
  all,
  comesUp,
  connected,
  everyEvent,
  goes,
  got,
  indications,
  listening,
  open,
  pair,
  sends,
} from './openings.js';

const twoEnds = { twoEnds: true };
export const events: readonly Script[] = [
  script('EV-1, EV-2: what is subscribed to at first', [
    open('p', 's'),
    at(
      'p',
      ['getopts', 's', ['sctpEvents']],
      'sctpEvents=event_subscribe{addressEvent associationEvent dataIoEvent partialDeliveryEvent peerErrorEvent sendFailureEvent shutdownEvent}',
    ),
    at('p', ['setopts', 's', { sctpEvents: { ...everyEvent, adaptationLayerEvent: true, authenticationEvent: true } }]),
    at('p', ['getopts', 's', ['sctpEvents']], {
      rule: 'EV-2',
      mailport:
        'sctpEvents=event_subscribe{adaptationLayerEvent addressEvent associationEvent authenticationEvent dataIoEvent partialDeliveryEvent peerErrorEvent sendFailureEvent shutdownEvent}',
      erlang:
        'sctpEvents=event_subscribe{adaptationLayerEvent addressEvent associationEvent dataIoEvent partialDeliveryEvent peerErrorEvent sendFailureEvent shutdownEvent}',
    }),
  ]),
  script('SO-4: a partial subscription', [
    open('p', 's'),
    at('p', ['setopts', 's', { sctpEvents: { ...everyEvent, dataIoEvent: false } }]),
    at('p', ['setopts', 's', { sctpEvents: { addressEvent: false } }]),
    at('p', ['getopts', 's', ['sctpEvents'], ['dataIoEvent', 'addressEvent', 'associationEvent']], {
      rule: 'SO-4',
      mailport: 'sctpEvents=event_subscribe{associationEvent}',
      erlang: 'sctpEvents=event_subscribe{associationEvent dataIoEvent}',
    }),
  ]),
  script(
    'EV-3, MS-8: without data_io events data comes without information',
    [
      ...pair(),
      at('p', ['setopts', 'l', { sctpEvents: { ...everyEvent, dataIoEvent: false } }]),
      ...sends('a'),
      at('p', ['recv', 'l'], '<c: "a" without info'),
      at('p', ['setopts', 'l', { sctpEvents: { ...everyEvent, dataIoEvent: true } }]),
      ...sends('b'),
      at('p', ['recv', 'l'], got('b', 1, '')),
    ],
    twoEnds,
  ),
  script(
    'EV-22: without shutdown events shutdown_comp comes all the same',
    [
      ...pair({ sctpEvents: { ...everyEvent, shutdownEvent: false } }, {}),
      at('q', ['eof', 'c', { change: '#1' }]),
      at('p', ['recv', 'l'], `<c: ${goes('shutdown_comp', '#2')}`),
      at('q', ['recv', 'c'], `<l: ${goes('shutdown_comp', '#1')}`),
    ],
    twoEnds,
  ),
  script(
    'EV-21: without association events there is only data',
    [
      ...listening({ sctpEvents: { ...everyEvent, associationEvent: false }, active: true }),
      open('q', 'c'),
      at('q', ['connect', 'c', 'there', '@l'], comesUp('#1')),
      ...sends('a'),
      at('p', ['receive'], 'l<c: "a" {#2}'),
      at('q', ['eof', 'c', { change: '#1' }]),
      at('p', ['receive'], 'l<c: shutdown_event{#2}'),
      at('q', ['recv', 'c'], `<l: ${goes('shutdown_comp', '#1')}`),
    ],
    twoEnds,
  ),
  script(
    'EV-21: adaptation indications',
    [
      // The same with its bytes turned, as one of the two may do.
      ...indications([0x12343412, 0x56787856], [0x12343412, 0x56787856]),
    ],
    twoEnds,
  ),
  script(
    'EV-10, EV-14: stream counts fit: what one end asks for and the other allows',
    [
      ...listening({ sctpInitmsg: { numOstreams: 7, maxInstreams: 3, maxAttempts: 4, maxInitTimeo: 1000 } }),
      open('q', 'c', { sctpInitmsg: { numOstreams: 12, maxInstreams: 5, maxAttempts: 4, maxInitTimeo: 1000 } }),
      at('q', ['connect', 'c', 'there', '@l'], 'comm_up{#1 in=5 out=3}'),
      at('p', ['recv', 'l'], '<c: comm_up{#2 in=3 out=5}'),
      at('q', ['send', 'c', '#1', 2, 'a']),
      at('q', ['send', 'c', '#1', 3, 'a'], 'error einval'),
      at('p', ['recv', 'l'], '<c: "a" {#2 stream=2}'),
    ],
    twoEnds,
  ),
  script(
    'EV-21: both ends of an eof, active',
    [
      ...pair(),
      at('p', ['setopts', 'l', { active: true }]),
      at('q', ['setopts', 'c', { active: true }]),
      ...sends('a'),
      at('q', ['eof', 'c', { change: '#1' }]),
      at('p', ['receive', 3], all(got('a', 0), 'l<c: shutdown_event{#2}', `l<c: ${goes('shutdown_comp', '#2')}`)),
      at('q', ['receive'], `c<l: ${goes('shutdown_comp', '#1')}`),
    ],
    twoEnds,
  ),
  script('EV-21: autoclose', [
    ...pair({}, { sctpAutoclose: 1 }),
    at('q', ['recv', 'c'], `<l: ${goes('shutdown_comp', '#1')}`),
    at('p', ['recv', 'l'], '<c: shutdown_event{#2}'),
    at('p', ['recv', 'l'], `<c: ${goes('shutdown_comp', '#2')}`),
  ]),
  script(
    'EV-20: associations of one socket have ids of their own, which are not used again soon',
    [
      ...pair(),
      at('q', ['abort', 'c', { change: '#1' }]),
      at('q', ['recv', 'c'], aborted('#1', '<l: ')),
      at('p', ['recv', 'l'], aborted('#2', '<c: ')),
      ...connected('c', '#3', '#4'),
      at('q', ['send', 'c', '#1', 0, 'a'], 'error epipe'),
    ],
    twoEnds,
  ),
];
