/** The messages of Diameter's base protocol that peers exchange (RFC 6733 §5), and how answers are made. */
import { type AvpName, all, avp, get, need, unknownMandatory } from './diameterAvps.js';
import {
  type Avp,
  DiameterError,
  type DiameterHeader,
  type DiameterMessage,
  type ResultName,
  resultCodes,
} from './diameterCodec.js';

/** §3.1. */
export const command = { capabilitiesExchange: 257, accounting: 271, deviceWatchdog: 280, disconnectPeer: 282 } as const;

/** §2.4: the ids of the base protocol itself, of its accounting, and of a relay. */
export const application = { base: 0, accounting: 3, relay: 0xffffffff } as const;

/** §5.4.3, Disconnect-Cause. */
export const disconnectCause = { rebooting: 0, busy: 1, doNotWantToTalkToYou: 2 } as const;

/** What this node says of itself. */
export interface Identity {
  readonly host: string;
  readonly realm: string;
  readonly product: string;
  /** Applications whose requests we take and make, by their ids. */
  readonly applications: readonly number[];
}

/** What the peer has said of itself. */
export interface Capabilities {
  readonly host: string;
  readonly realm: string;
  readonly applications: readonly number[];
}

/** A request of the base protocol to a neighbour; ids are given to it when it is sent. */
export function baseRequest(code: number, avps: readonly Avp[]): DiameterMessage {
  return request({ command: code, applicationId: application.base, isProxiable: false, avps });
}

export function request(
  message: Pick<DiameterMessage, 'command' | 'applicationId' | 'avps'> & Partial<DiameterHeader>,
): DiameterMessage {
  return { isProxiable: true, ...message, isRequest: true, isError: false, isRetransmitted: false, hopByHop: 0, endToEnd: 0 };
}

/** Origin-Host and Origin-Realm, which nearly all messages carry. */
export function origin({ host, realm }: Identity): readonly Avp[] {
  return [avp('originHost', host), avp('originRealm', realm)];
}

/** The capabilities that CER and CEA have in common (§5.3.1, §5.3.2). There is no Inband-Security-Id, because its only other value would mean TLS. */
export function capabilities(identity: Identity, addresses: readonly string[]): readonly Avp[] {
  return [
    ...origin(identity),
    ...addresses.map((address) => avp('hostIpAddress', address)),
    avp('vendorId', 0),
    avp('productName', identity.product),
    ...identity.applications.map((id) => avp('acctApplicationId', id)),
  ];
}

/** Reads a CER or a CEA. @throws DiameterError 'missingAvp' and the like, 'noCommonApplication' */
export function readCapabilities({ avps }: DiameterMessage, identity: Identity): Capabilities {
  const [host, realm] = [need(avps, 'originHost'), need(avps, 'originRealm')];
  need(avps, 'hostIpAddress');
  need(avps, 'vendorId');
  need(avps, 'productName');
  const ids = (within: readonly Avp[]): number[] => [...all(within, 'authApplicationId'), ...all(within, 'acctApplicationId')];
  // Applications of a vendor come in groups, with the vendor beside the id (§6.11).
  const applications = [...ids(avps), ...all(avps, 'vendorSpecificApplicationId').flatMap(ids)];
  const isCommon = (id: number): boolean => id === application.relay || identity.applications.includes(id);
  if (!applications.some(isCommon)) throw new DiameterError('noCommonApplication', applications.join());
  return { host, realm, applications };
}

/** An answer to a request: it goes back the way it came, and says the session's id first if there is one (§6.2). */
export function answer(to: DiameterMessage, result: ResultName, avps: readonly Avp[]): DiameterMessage {
  const sessionId = sessionIdOf(to.avps);
  return {
    ...to,
    isRequest: false,
    isRetransmitted: false,
    // §7.1.3: results from 3000 to 3999 are protocol errors.
    isError: Math.floor(resultCodes[result] / 1000) === 3,
    avps: [...sessionId, avp('resultCode', resultCodes[result]), ...avps],
  };
}

/** The answer to a request that is wrong (§7.2). */
export function refusal(to: DiameterMessage | DiameterHeader, identity: Identity, error: DiameterError): DiameterMessage {
  const failed = error.failed === undefined ? [] : [avp('failedAvp', [error.failed])];
  return answer({ avps: [], ...to }, error.result, [...origin(identity), avp('errorMessage', error.message), ...failed]);
}

/** The result of an answer; 0 if it has none that can be read. */
export function resultOf({ avps }: DiameterMessage): number {
  try {
    return get(avps, 'resultCode') ?? 0;
  } catch {
    return 0;
  }
}

/** We cannot take a request with an AVP that we would have to know and do not know (§4.1). @throws DiameterError 'avpUnsupported' */
export function checkKnown({ avps }: DiameterMessage): void {
  const failed = unknownMandatory(avps);
  if (failed !== undefined) throw new DiameterError('avpUnsupported', `AVP ${failed.code}`, { failed });
}

function sessionIdOf(avps: readonly Avp[]): readonly Avp[] {
  const name: AvpName = 'sessionId';
  const [sessionId] = all(avps, name);
  return sessionId === undefined ? [] : [avp(name, sessionId)];
}
