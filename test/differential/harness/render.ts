/**
 * Values as text, to stand in scripts: `"hello"`, `error einval`, `active=true`. Ports and addresses become the names of the sockets that have them. A transport
 * writes its messages and records in a form of its own.
 */
import { isArray, isBytes, isIp, isLocal, isNamed, isOptions, isRecord, type Value } from './value.js';

/** The names that a run has given. */
export interface Naming {
  /** The name of an association. On its first appearance the association gets a name. */
  assoc(id: number): string;
  /** A socket's name for its port, with its place among the addresses of its side unless it is the first: 's', 's.2'. */
  endpoint(ip: string, port: number): string | undefined;
  /** A path, with '$' for the folder of the run. */
  path(path: string): string;
}

/** Text for values that have a form of their own with a transport; undefined for any other. `only`: the fields of records that count. */
export type OwnForm = (value: Value, renderer: Renderer, only: readonly string[] | undefined) => string | undefined;

export class Renderer {
  readonly naming: Naming;
  readonly #shown: OwnForm;

  constructor(naming: Naming, shown: OwnForm) {
    this.naming = naming;
    this.#shown = shown;
  }

  /** @param only the fields of records that count */
  text(value: Value | undefined, only?: readonly string[]): string {
    if (value === undefined) return 'nothing';
    const own = this.#shown(value, this, only);
    if (own !== undefined) return own;
    if (isArray(value)) return this.#array(value, only);
    if (isRecord(value)) return `${value.record}{}`;
    if (isOptions(value))
      return value.options.map(([name, part]) => `${name}=${this.text(part, only)}`).join(' ') || 'no options';
    if (isNamed(value)) return value.named;
    if (isLocal(value)) return this.naming.path(value.local);
    if (!isBytes(value)) return String(value);
    return value.text === undefined ? `<${value.bytes} bytes ${value.crc}>` : JSON.stringify(value.text);
  }

  address(ip: string, port: number): string {
    return this.naming.endpoint(ip, port) ?? `${ip}@${port}`;
  }

  #array(value: readonly Value[], only?: readonly string[]): string {
    const [first, second] = value;
    if (isIp(first) && typeof second === 'number' && value.length === 2) return this.address(first, second);
    if (first === 'error' || first === 'raises') return value.map((part) => this.text(part, only)).join(' ');
    return `[${value.map((part) => this.text(part, only)).join(' ')}]`;
  }
}
