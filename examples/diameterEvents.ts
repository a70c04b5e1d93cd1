/** The events that a Diameter peer's state machine takes: messages of the other side, what becomes of the association, and the wishes of its user. */
import type { From } from 'mailport';
import { ppids } from 'mailport/sctp';
import { type AssociationEvent, eventReader, type Protocol } from './associations.js';
import { DiameterError, type DiameterMessage, decodeDiameter } from './diameterCodec.js';
import { command } from './diameterMessages.js';

/** The machine tells messages apart by these types: 'diameter.CER', 'diameter.CEA', and so on. All other messages are 'diameter.request' or 'diameter.answer'. */
type PeerEvent = {
  readonly type: `diameter.${'CE' | 'DW' | 'DP'}${'R' | 'A'}` | 'diameter.request' | 'diameter.answer';
  readonly message: DiameterMessage;
};

export type PeerRequest =
  /** A call with a request for the peer, whose answer is the result. The request waits until there is a peer. If the association is lost meanwhile, it is sent again. */
  | { readonly type: 'request'; readonly message: DiameterMessage; readonly from: From<DiameterMessage> }
  /** Leaves in good order. */
  | { readonly type: 'leave' };

export type DiameterEvent =
  | PeerEvent
  | PeerRequest
  | AssociationEvent
  /** A message that could not be read. If it is a request, the answer says what is wrong with it. */
  | { readonly type: 'malformed'; readonly error: DiameterError };

const names = new Map<number, 'CE' | 'DW' | 'DP'>([
  [command.capabilitiesExchange, 'CE'],
  [command.deviceWatchdog, 'DW'],
  [command.disconnectPeer, 'DP'],
]);

export const diameter: Protocol<DiameterEvent> = {
  ppid: ppids.diameter,
  credit: 16,
  read: (bytes) => {
    try {
      const message = decodeDiameter(bytes);
      const name = names.get(message.command);
      if (name === undefined) return { type: message.isRequest ? 'diameter.request' : 'diameter.answer', message };
      return { type: `diameter.${name}${message.isRequest ? 'R' : 'A'}`, message };
    } catch (error) {
      if (!(error instanceof DiameterError)) throw error;
      return { type: 'malformed', error };
    }
  },
};

export const diameterEvents = eventReader(diameter);
