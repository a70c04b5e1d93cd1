/** Performs scripts step by step. The side of its actor performs each step, and the result becomes text. */
import { type Naming, Renderer } from './render.js';
import { type Call, type Outcome, outcomeOn, type Script, type Step } from './script.js';
import { type Begun, replaceStrings, type Side, type SideCall } from './side.js';
import { isArray, type Value } from './value.js';

/** Longer than any step takes, on the slowest machine. */
const limitMs = 10_000;

/** The side that an actor is at. */
export type Placing = (actor: string) => Side;

/** The links between the hosts of the sides, if these are on two hosts. */
export interface Links {
  cut(link: number): void;
  mend(link: number): void;
  mendAll(): void;
}

/** What a script gave, and what it should have given: lines to be compared. */
export interface Seen {
  readonly seen: readonly string[];
  readonly expected: readonly string[];
}

/** Performs a script. Ends at the first step that is never over. */
export async function runScript(script: Script, sides: readonly Side[], place: Placing, links?: Links): Promise<Seen> {
  const run = new Run(script, sides, place, links);
  try {
    return await run.perform();
  } finally {
    links?.mendAll();
    for (const side of sides) await side.reset();
  }
}

class Run implements Naming {
  readonly #script: Script;
  readonly #sides: readonly Side[];
  readonly #place: Placing;
  readonly #links: Links | undefined;
  readonly #begun = new Map<string, Begun & { readonly call: SideCall }>();
  /** Ids by name, '#1' the first. */
  readonly #assocs: string[] = [];
  #side: Side;

  constructor(script: Script, sides: readonly Side[], place: Placing, links: Links | undefined) {
    this.#links = links;
    this.#script = script;
    this.#sides = sides;
    this.#place = place;
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

  assoc(id: number): string {
    const key = `${this.#side.ids} ${id}`;
    const index = this.#assocs.indexOf(key);
    return `#${index >= 0 ? index + 1 : this.#assocs.push(key)}`;
  }

  endpoint(ip: string, port: number): string | undefined {
    const name = this.#ownerOf(port);
    if (name === undefined) return undefined;
    const home = this.#sides.find((side) => side.port(name) === port)?.homes.indexOf(ip) ?? -1;
    return home < 0 ? `${ip}@${name}` : `${name}${home === 0 ? '' : `.${home + 1}`}`;
  }

  async #outcome({ actor, call }: Step): Promise<string> {
    if (call[0] === 'look') return this.#pending(call[1]).isOver() ? 'over' : 'waiting';
    if (call[0] === 'end') return this.#shown(this.#pending(call[1]).call, this.#pending(call[1]).outcome);
    if (call[0] === 'cut' || call[0] === 'mend') {
      this.#links![call[0]](call[1]);
      return 'ok';
    }
    if (call[0] === 'begin') {
      const inner = this.#resolved(call[2] as SideCall);
      this.#begun.set(call[1], { ...(await this.#side.begin(actor, inner)), call: inner });
      return 'ok';
    }
    if (call[0] === 'awaitArrived') return this.#arrived(actor, call[1], call[2]);
    const made = this.#resolved(call as SideCall);
    return this.#shown(made, this.#side.perform(actor, made));
  }

  async #arrived(actor: string, socket: string, assocId: string): Promise<string> {
    const call = this.#resolved(['getopts', socket, [['sctpStatus', { assocId }]], ['unackdata']]);
    // mailport's own stack sends before the loop waits again: not later than the second check phase from here.
    await new Promise(setImmediate);
    do await new Promise(setImmediate);
    while ((await this.#shown(call, this.#side.perform(actor, call))).includes('unackdata='));
    return 'ok';
  }

  async #shown(call: SideCall, outcome: Promise<Value>): Promise<string> {
    const value = await within(outcome);
    if (value === undefined) return hangs;
    const renderer = new Renderer(this);
    if (call[0] === 'port' && typeof value === 'number') return this.#ownerOf(value) ?? String(value);
    if ((call[0] === 'receive' || call[0] === 'mailbox') && isArray(value) && value[0] !== 'raises')
      return messages(value, renderer);
    return renderer.text(value, call[0] === 'getopts' ? call[3] : undefined);
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
        seen.push(`${actor} is left with: ${messages(left.get(actor) ?? [], new Renderer(this))}`);
      }
    }
  }

  #pending(name: string): Begun & { readonly call: SideCall } {
    const begun = this.#begun.get(name);
    if (begun === undefined) throw new Error(`the script ends ${name}, which has not begun`);
    return begun;
  }

  #resolved(call: SideCall): SideCall {
    return replaceStrings(call, (text) => {
      if (/^#\d+$/.test(text)) return this.#idOf(text);
      return text.startsWith('@') ? (this.#portOf(text.slice(1)) ?? text) : (this.#homeOf(text) ?? text);
    });
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

  #ownerOf(port: number): string | undefined {
    return this.#socketNames().find((name) => this.#portOf(name) === port);
  }

  #portOf(socket: string): number | undefined {
    for (const side of this.#sides) {
      const port = side.port(socket);
      if (port !== undefined) return port;
    }
    return undefined;
  }

  /** The sockets in the order of the script: a socket that was peeled off has its parent's port, and comes after its parent. */
  #socketNames(): string[] {
    return this.#script.steps.flatMap(({ call }) => opens(call));
  }
}

const hangs = 'is never over';

function opens(call: Call): string[] {
  if (call[0] === 'open') return [call[1]];
  if (call[0] === 'peeloff') return [call[3]];
  return call[0] === 'begin' ? opens(call[2]) : [];
}

const messages = (value: Value, renderer: Renderer): string =>
  (value as readonly Value[]).map((message) => renderer.text(message)).join(' | ');

function shownCall(call: Call): string {
  return call.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' ');
}

async function within(outcome: Promise<Value>): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), limitMs);
  });
  return Promise.race([outcome, late]).finally(() => clearTimeout(timer));
}
