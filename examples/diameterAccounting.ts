/** A small application: base accounting (RFC 6733 §9), with the server that counts records and the client that reports them. */
import { avp, need } from './diameterAvps.js';
import { type Avp, DiameterError, type DiameterMessage } from './diameterCodec.js';
import { application, command, type Identity, origin, request } from './diameterMessages.js';

/** §9.8.1, Accounting-Record-Type. */
export const recordType = { event: 1, start: 2, interim: 3, stop: 4 } as const;
export type RecordName = keyof typeof recordType;

export interface AccountingRecord {
  readonly sessionId: string;
  readonly type: RecordName;
  readonly number: number;
}

/** ACR, of one of our sessions. */
export function accountingRequest(identity: Identity, realm: string, record: AccountingRecord): DiameterMessage {
  const avps = [
    avp('sessionId', record.sessionId),
    ...origin(identity),
    avp('destinationRealm', realm),
    avp('accountingRecordType', recordType[record.type]),
    avp('accountingRecordNumber', record.number),
    avp('acctApplicationId', application.accounting),
  ];
  return request({ command: command.accounting, applicationId: application.accounting, avps });
}

/** The server of ACRs: `count` gets each record, and the sender of the record gets an ACA. */
export function serveAccounting(count: (record: AccountingRecord) => void): (request: DiameterMessage) => readonly Avp[] {
  return ({ command: code, avps }) => {
    if (code !== command.accounting) throw new DiameterError('commandUnsupported', String(code));
    const type = need(avps, 'accountingRecordType');
    const number = need(avps, 'accountingRecordNumber');
    const name = (Object.keys(recordType) as RecordName[]).find((each) => recordType[each] === type);
    const record = avp('accountingRecordType', type);
    if (name === undefined) throw new DiameterError('invalidAvpValue', `record type ${type}`, { failed: record });
    count({ sessionId: need(avps, 'sessionId'), type: name, number });
    return [record, avp('accountingRecordNumber', number), avp('acctApplicationId', application.accounting)];
  };
}
