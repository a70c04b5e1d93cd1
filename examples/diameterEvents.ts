/** What a Diameter peer's state machine takes: messages of the other side as events, what becomes of the association, and what its user wants of it. */
import type { From } from 'mailport';
import { ppids } from 'mailport/sctp';
import { type AssociationEvent, eventReader, type Protocol } from './associations.js';
import { DiameterError, type DiameterMessage, decodeDiameter } from './diameterCodec.js';
import { command } from './diameterMessages.js';

/** Messages by what the machine tells apart: 'diameter.CER', 'diameter.CEA', and so on; 'diameter.request' and 'diameter.answer' are all others. */
type PeerEvent = {
  readonly type: `diameter.${'CE' | 'DW' | 'DP'}${'R' | 'A'}` | 'diameter.request' | 'diameter.answer';
  readonly message: DiameterMessage;
};

export type PeerRequest =
  /** To be called: the answer is the peer's. Waits until there is a peer, and is sent again if the association is lost meanwhile. */
  | { readonly type: 'request'; readonly message: DiameterMessage; readonly from: From<DiameterMessage> }
  /** Leaves in good order. */
  | { readonly type: 'leave' };

export type DiameterEvent =
  | PeerEvent
  | PeerRequest
  | AssociationEvent
  /** It could not be read. A request is answered by what is wrong with it. */
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
