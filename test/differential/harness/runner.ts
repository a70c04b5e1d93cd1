/** Performs scripts step by step. The side of its actor performs each step, and the result becomes text. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { patienceMs } from '../../support/patience.js';
import { type Naming, Renderer } from './render.js';
import { type AnyCall, type Outcome, outcomeOn, type Script, type Step } from './script.js';
import { type Begun, replaceStrings, type Side } from './side.js';
import type { Transport } from './transport.js';
import { isArray, type Value } from './value.js';

/** The side that an actor is at. */
export type Placing = (actor: string) => Side;

/** What a script gave, and what it should have given: lines to be compared. */
export interface Seen {
  readonly seen: readonly string[];
  readonly expected: readonly string[];
}

/** Performs a script. Ends at the first step that is never over. */
export async function runScript(script: Script, sides: readonly Side[], place: Placing, transport: Transport): Promise<Seen> {
  const run = new Run(script, sides, place, transport);
  try {
    return await run.perform();
  } finally {
    for (const side of sides) await side.reset();
    run.removeFolder();
  }
}

class Run implements Naming {
  readonly #script: Script;
  readonly #sides: readonly Side[];
  readonly #place: Placing;
  readonly #transport: Transport;
  readonly #begun = new Map<string, Begun & { readonly call: AnyCall }>();
  /** Ids by name, '#1' the first. */
  readonly #assocs: string[] = [];
  #folder: string | undefined;
  #side: Side;

  constructor(script: Script, sides: readonly Side[], place: Placing, transport: Transport) {
    this.#script = script;
    this.#sides = sides;
    this.#place = place;
    this.#transport = transport;
    this.#side = sides[0]!;
  }

  async perform(): Promise<Seen> {
    const seen: string[] = [];
    const expected: string[] = [];
    const actors = [...new Set(this.#script.steps.map(({ actor }) => actor))];
    for (const actor of actors) await this.#place(actor).start(actor);
    for (const step of this.#script.steps) {
      this.#side = this.#place(step.actor);
      const said = `${step.actor} ${shownCall(step.call)} -> `;
      expected.push(said + outcomeOn(this.#side.system, step.gives));
      const text = await this.#outcome(step);
      seen.push(said + text);
      if (text === hangs) return { seen, expected };
    }
    await this.#leftovers(actors, seen, expected);
    return { seen, expected };
  }

  removeFolder(): void {
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
  }

  assoc(id: number): string {
    const key = `${this.#side.ids} ${id}`;
    const index = this.#assocs.indexOf(key);
    return `#${index >= 0 ? index + 1 : this.#assocs.push(key)}`;
  }

  endpoint(ip: string, port: number): string | undefined {
    // Two hosts may have given the same number to a socket each.
    const names = port === 0 ? [] : this.#socketNames().filter((each) => this.#portOf(each) === port);
    const name = names.find((each) => this.#homesOf(each, port).includes(ip)) ?? names[0];
    if (name === undefined) return undefined;
    const home = this.#homesOf(name, port).indexOf(ip);
    return home < 0 ? `${ip}@${name}` : `${name}${home === 0 ? '' : `.${home + 1}`}`;
  }

  path(path: string): string {
    const short = this.#folder === undefined ? path : path.replace(this.#folder, '$');
    return `local:${short.replace('\0', '\\0')}`;
  }

  async #outcome({ actor, call }: Step): Promise<string> {
    const [name, first, second] = call as [string, string, AnyCall];
    const own = this.#transport.steps?.[name] as ((...args: unknown[]) => Promise<string>) | undefined;
    if (own !== undefined) return own((made: AnyCall) => this.#made(actor, made), ...call.slice(1));
    if (name === 'look') return this.#pending(first).isOver() ? 'over' : 'waiting';
    if (name === 'end') return this.#shown(this.#pending(first).call, this.#pending(first).outcome);
    if (name !== 'begin') return this.#made(actor, call);
    const inner = this.#resolved(second);
    this.#begun.set(first, { ...(await this.#side.begin(actor, inner)), call: inner });
    return 'ok';
  }

  #made(actor: string, call: AnyCall): Promise<string> {
    const made = this.#resolved(call);
    return this.#shown(made, this.#side.perform(actor, made));
  }

  async #shown(call: AnyCall, outcome: Promise<Value>): Promise<string> {
    const value = await within(outcome);
    if (value === undefined) return hangs;
    const renderer = new Renderer(this, this.#transport.shown);
    if (call[0] === 'port' && typeof value === 'number') return this.#ownerOf(value) ?? String(value);
    if ((call[0] === 'receive' || call[0] === 'mailbox') && isArray(value) && value[0] !== 'raises')
      return messages(value, renderer);
    const text = renderer.text(value, call[0] === 'getopts' ? (call[3] as readonly string[] | undefined) : undefined);
    return this.#folder === undefined ? text : text.replaceAll(this.#folder, '$');
  }

  async #leftovers(actors: readonly string[], seen: string[], expected: string[]): Promise<void> {
    // Erlang goes first, because it waits, and that gives the other side time, too.
    const ordered = [...this.#sides].sort(({ system }) => (system === 'erlang' ? -1 : 1));
    for (const side of ordered) {
      const left = await side.leftovers();
      this.#side = side;
      for (const actor of actors.filter((name) => this.#place(name) === side)) {
        const outcome: Outcome = this.#script.left?.[actor] ?? '';
        expected.push(`${actor} is left with: ${outcomeOn(side.system, outcome)}`);
        seen.push(`${actor} is left with: ${messages(left.get(actor) ?? [], new Renderer(this, this.#transport.shown))}`);
      }
    }
  }

  #pending(name: string): Begun & { readonly call: AnyCall } {
    const begun = this.#begun.get(name);
    if (begun === undefined) throw new Error(`the script ends ${name}, which has not begun`);
    return begun;
  }

  #resolved(call: AnyCall): AnyCall {
    return replaceStrings(call, (text) => {
      if (/^#\d+$/.test(text)) return this.#idOf(text);
      if (text.includes('$/')) return text.replace('$/', `${this.#ownFolder()}/`);
      return text.startsWith('@') ? (this.#portOf(text.slice(1)) ?? text) : (this.#homeOf(text) ?? text);
    });
  }

  #ownFolder(): string {
    this.#folder ??= mkdtempSync(join(tmpdir(), 'script-'));
    return this.#folder;
  }

  #idOf(name: string): number {
    const key = this.#assocs[Number(name.slice(1)) - 1];
    if (key === undefined) throw new Error(`no association ${name} has been seen`);
    return Number(key.split(' ')[1]);
  }

  /** What 'here', 'here2', 'there', 'there2' stand for in a call of this side. */
  #homeOf(text: string): string | undefined {
    const [, place, number] = /^(here|there)(\d*)$/.exec(text) ?? [];
    if (place === undefined) return undefined;
    const side = place === 'here' ? this.#side : (this.#sides.find((other) => other !== this.#side) ?? this.#side);
    return side.homes[Number(number || 1) - 1];
  }

  /** The addresses of the side that has the socket. */
  #homesOf(socket: string, port: number): readonly string[] {
    return this.#sides.find((side) => side.port(socket) === port)?.homes ?? [];
  }

  #ownerOf(port: number): string | undefined {
    if (port === 0) return undefined;
    return this.#socketNames().find((name) => this.#portOf(name) === port);
  }

  #portOf(socket: string): number | undefined {
    for (const side of this.#sides) {
      const port = side.port(socket);
      if (port !== undefined) return port;
    }
    return undefined;
  }

  /** The sockets in the order of the script: one that was peeled off or accepted has the port of its parent, and comes after it. */
  #socketNames(): string[] {
    return this.#script.steps.flatMap(({ call }) => {
      const made = call[0] === 'begin' ? (call[2] as AnyCall) : call;
      return this.#transport.opens(made) ?? [];
    });
  }
}

const hangs = 'is never over';

const messages = (value: Value, renderer: Renderer): string =>
  (value as readonly Value[]).map((message) => renderer.text(message)).join(' | ');

function shownCall(call: AnyCall): string {
  return call.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' ');
}

async function within(outcome: Promise<Value>): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), patienceMs);
  });
  return Promise.race([outcome, late]).finally(() => clearTimeout(timer));
}
