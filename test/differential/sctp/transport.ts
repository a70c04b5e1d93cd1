/**
 * SCTP in scripts: `comm_up{#1 out=10 in=10}`, `s<c: "hello" {#2 stream=1}` for a message of socket s that came from the port of socket c. Ids of associations
 * become names, transmission numbers only have to be there; fields that are 0, false or empty are left out.
 */
import type { Renderer } from '../harness/render.js';
import type { AnyCall } from '../harness/script.js';
import type { Transport } from '../harness/transport.js';
import { isArray, isIp, isNamed, isRecord, type RecordValue, type Value } from '../harness/value.js';

/** The links between two hosts. */
export interface Links {
  cut(link: number): void;
  mend(link: number): void;
}

/** @param links if the sides are on two hosts */
export function sctpTransport(links?: Links): Transport {
  return {
    opens: (call) => opens(call),
    shown: (value, renderer, only) => new SctpRenderer(renderer).shown(value, only),
    steps: {
      awaitArrived: arrived,
      cut: async (_, link: number) => {
        links!.cut(link);
        return 'ok';
      },
      mend: async (_, link: number) => {
        links!.mend(link);
        return 'ok';
      },
    },
  };
}

function opens(call: AnyCall): string | undefined {
  if (call[0] === 'open') return call[1] as string;
  return call[0] === 'peeloff' ? (call[3] as string) : undefined;
}

async function arrived(perform: (call: AnyCall) => Promise<string>, socket: string, assocId: string): Promise<string> {
  // mailport's own stack sends before the loop waits again: not later than the second check phase from here.
  await new Promise(setImmediate);
  do await new Promise(setImmediate);
  while ((await perform(['getopts', socket, [['sctpStatus', { assocId }]], ['unackdata']])).includes('unackdata='));
  return 'ok';
}

const shortNames: Readonly<Record<string, string>> = {
  outboundStreams: 'out',
  inboundStreams: 'in',
  adaptationInd: 'ind',
  numberPeerDestinations: 'destinations',
};

class SctpRenderer {
  readonly #renderer: Renderer;

  constructor(renderer: Renderer) {
    this.#renderer = renderer;
  }

  shown(value: Value, only: readonly string[] | undefined): string | undefined {
    if (isRecord(value)) return this.#record(value, only);
    if (!isArray(value)) return undefined;
    const [first, second] = value;
    if (isIp(first) && typeof second === 'number' && value.length === 4) {
      return `${this.#from(first, second)}: ${this.#item(value[3]!, value[2]!)}`;
    }
    if ((first === 'sctp' || first === 'sctp_error') && isNamed(second)) return this.#message(value, second.named);
    return undefined;
  }

  #message(value: readonly Value[], socket: string): string {
    const [tag, , ip, port, pair] = value;
    const mark = tag === 'sctp' ? ':' : '!';
    if (value.length === 3) return `${socket}${mark} ${this.#renderer.text(ip)}`;
    const [anc, content] = pair as readonly Value[];
    return `${socket}${this.#from(ip as string, port as number)}${mark} ${this.#item(content!, anc!)}`;
  }

  #item(content: Value, anc: Value): string {
    const info = (anc as readonly Value[]).map((part) => this.#renderer.text(part).replace(/^sndrcvinfo/, ''));
    return isRecord(content) && info.length === 0
      ? this.#renderer.text(content)
      : `${this.#renderer.text(content)} ${info.join(' ') || 'without info'}`;
  }

  #from(ip: string, port: number): string {
    return `<${this.#renderer.address(ip, port)}`;
  }

  #record({ record, fields }: RecordValue, only?: readonly string[]): string {
    const isChange = record === 'sctp_assoc_change' || record === 'sctp_paddr_change';
    const head = isChange ? String(fields.state) : record.replace(/^sctp_/, '');
    const parts = [];
    const assocId = fields.assocId;
    // 0 names no association. In Erlang refused associations have it.
    if (typeof assocId === 'number' && (only === undefined || only.includes('assocId')))
      parts.push(assocId === 0 ? '#0' : this.#renderer.naming.assoc(assocId));
    for (const [name, value] of Object.entries(fields).sort(byName)) {
      if (name === 'assocId' || name === 'tsn' || (name === 'state' && isChange)) continue;
      if (only !== undefined && !only.includes(name)) continue;
      const shown = name === 'cumtsn' && value !== 0 && value === fields.tsn ? 'tsn' : value;
      if (!isEmpty(shown)) parts.push(shown === true ? name : `${shortNames[name] ?? name}=${this.#renderer.text(shown, only)}`);
    }
    return `${head}{${parts.join(' ')}}`;
  }
}

function isEmpty(value: Value): boolean {
  return value === 0 || value === false || (isArray(value) && value.length === 0);
}

const byName = ([one]: readonly [string, Value], [other]: readonly [string, Value]) => (one < other ? -1 : 1);
