/**
 * Values as text, to stand in scripts: `comm_up{#1 out=10 in=10}`, `s<c: "hello" {#2 stream=1}` for a message of socket s that came from the port of
 * socket c, `error einval`. Ids of associations and ports become names, transmission numbers only have to be there; fields that are 0, false
 * or empty are left out.
 */
import { isArray, isBytes, isIp, isNamed, isOptions, isRecord, type RecordValue, type Value } from './value.js';

/** The names that a run has given. */
export interface Naming {
  /** The name of an association. On its first appearance the association gets a name. */
  assoc(id: number): string;
  /** A socket's name for its port, with its place among the addresses of its side unless it is the first: 's', 's.2'. */
  endpoint(ip: string, port: number): string | undefined;
}

const shortNames: Readonly<Record<string, string>> = {
  outboundStreams: 'out',
  inboundStreams: 'in',
  adaptationInd: 'ind',
  numberPeerDestinations: 'destinations',
};

export class Renderer {
  readonly #naming: Naming;

  constructor(naming: Naming) {
    this.#naming = naming;
  }

  /** @param fields of records, the only ones that count */
  text(value: Value | undefined, fields?: readonly string[]): string {
    if (value === undefined) return 'nothing';
    if (isArray(value)) return this.#array(value, fields);
    if (isRecord(value)) return this.#record(value, fields);
    if (isOptions(value))
      return value.options.map(([name, part]) => `${name}=${this.text(part, fields)}`).join(' ') || 'no options';
    if (isNamed(value)) return value.named;
    if (!isBytes(value)) return String(value);
    return value.text === undefined ? `<${value.bytes} bytes ${value.crc}>` : JSON.stringify(value.text);
  }

  #array(value: readonly Value[], fields?: readonly string[]): string {
    const [first, second] = value;
    if (isIp(first) && typeof second === 'number' && value.length === 2) return this.#address(first, second);
    if (isIp(first) && typeof second === 'number' && value.length === 4) {
      return `${this.#from(first, second)}: ${this.#item(value[3]!, value[2]!)}`;
    }
    if ((first === 'sctp' || first === 'sctp_error') && isNamed(second)) return this.#message(value, second.named);
    if (first === 'error' || first === 'raises') return value.map((part) => this.text(part, fields)).join(' ');
    return `[${value.map((part) => this.text(part, fields)).join(' ')}]`;
  }

  #message(value: readonly Value[], socket: string): string {
    const [tag, , ip, port, pair] = value;
    const mark = tag === 'sctp' ? ':' : '!';
    if (value.length === 3) return `${socket}${mark} ${this.text(ip)}`;
    const [anc, content] = pair as readonly Value[];
    return `${socket}${this.#from(ip as string, port as number)}${mark} ${this.#item(content!, anc!)}`;
  }

  #item(content: Value, anc: Value): string {
    const info = (anc as readonly Value[]).map((part) => this.text(part).replace(/^sndrcvinfo/, ''));
    return isRecord(content) && info.length === 0
      ? this.text(content)
      : `${this.text(content)} ${info.join(' ') || 'without info'}`;
  }

  #from(ip: string, port: number): string {
    return `<${this.#address(ip, port)}`;
  }

  #address(ip: string, port: number): string {
    return this.#naming.endpoint(ip, port) ?? `${ip}@${port}`;
  }

  #record({ record, fields }: RecordValue, only?: readonly string[]): string {
    const isChange = record === 'sctp_assoc_change' || record === 'sctp_paddr_change';
    const head = isChange ? String(fields.state) : record.replace(/^sctp_/, '');
    const parts = [];
    const assocId = fields.assocId;
    // 0 names no association. In Erlang refused associations have it.
    if (typeof assocId === 'number' && (only === undefined || only.includes('assocId')))
      parts.push(assocId === 0 ? '#0' : this.#naming.assoc(assocId));
    for (const [name, value] of Object.entries(fields).sort(byName)) {
      if (name === 'assocId' || name === 'tsn' || (name === 'state' && isChange)) continue;
      if (only !== undefined && !only.includes(name)) continue;
      const shown = name === 'cumtsn' && value !== 0 && value === fields.tsn ? 'tsn' : value;
      if (!isEmpty(shown)) parts.push(shown === true ? name : `${shortNames[name] ?? name}=${this.text(shown, only)}`);
    }
    return `${head}{${parts.join(' ')}}`;
  }
}

function isEmpty(value: Value): boolean {
  return value === 0 || value === false || (isArray(value) && value.length === 0);
}

const byName = ([one]: readonly [string, Value], [other]: readonly [string, Value]) => (one < other ? -1 : 1);
