/** Which rows of the matrix which peer cannot do, and why: the tests show it, and docs/interop.md has it. */
import type { Row } from './matrix.js';

type Cannot = Partial<Record<Row, string>>;

const wrongSource = 'the raw sockets of usrsctp choose a source address without a look at the routes';
const none = (what: string): string => `werift-sctp has ${what}`;

export const cannot = {
  'usrsctp over UDP': {},
  'usrsctp over IP': {
    'the primary path is cut under load: everything arrives once and in order by the other, and the path comes back': wrongSource,
    'an address of either end goes, comes back and is preferred (ASCONF, RFC 5061)': wrongSource,
    'with 1 % loss and packets that are overtaken everything arrives once and in order, both ways at once':
      'takes netem, which the kernel of the machine may lack',
  },
  'Linux over UDP': {},
  'Linux over IP': {},
  'werift-sctp over UDP': {
    'the primary path is cut under load: everything arrives once and in order by the other, and the path comes back':
      none('one path'),
    'a message that may not be sent again is given up, and the rest arrives, each way (RFC 7496)':
      'werift-sctp takes no retransmissions for no limit',
    'a short message passes a long one that has begun, each way (I-DATA, RFC 8260)': none('no I-DATA'),
    'streams begin anew and are added, asked for by either end (RFC 6525)': none(
      'outgoing resets alone, which have a test of their own',
    ),
    'messages under a key of both ends arrive, each way (AUTH, RFC 4895)': none('no AUTH'),
    'an address of either end goes, comes back and is preferred (ASCONF, RFC 5061)': none('no ASCONF'),
    'an end that has forgotten the association and comes again restarts it, either one (RFC 9260 §5.2.4.1)': none('no restarts'),
    'with 1 % loss and packets that are overtaken everything arrives once and in order, both ways at once':
      'werift-sctp waits a second or more at each loss, which takes the row ten seconds',
  },
} as const satisfies Readonly<Record<string, Cannot>>;
