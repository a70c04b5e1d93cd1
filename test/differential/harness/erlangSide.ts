/**
 * Erlang as a side: one virtual machine for as long as the tests of a file run, which compiles otp/*.erl and then makes calls as it is told. Requests and
 * answers are lines (script_side.erl).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { plainEnvironment } from '../../support/plainEnvironment.js';
import type { AnyCall } from './script.js';
import { type Begun, loopback, type Side } from './side.js';
import { atom, type Requests, requestOf } from './terms.js';
import type { Transport } from './transport.js';
import { isArray, isBytes, isRecord, type Value } from './value.js';

const sources = fileURLToPath(new URL('./otp/', import.meta.url));

/** How Erlang makes the calls of a transport. */
export interface ErlangCalls {
  readonly requests: Requests;
  readonly opens: Transport['opens'];
  /** What the answer to a call is in the form that both systems share; undefined if it is in that form. */
  readonly answer?: (call: AnyCall, answer: Value) => Value | undefined;
  /** Milliseconds that Erlang waits, once for each script, for items that should not come. An item takes less than one over loopback. */
  readonly quietMs?: number;
}

/** Compiles and loads the modules in the virtual machine that runs them, because starting a machine takes most of the time. */
function startCommand(): string {
  const files = readdirSync(sources).filter((file) => file.endsWith('.erl'));
  const loads = files.map((file) => {
    const path = JSON.stringify(`${sources}${file}`);
    return `{ok, ${variable(file)}, Code${variable(file)}} = compile:file(${path}, [binary, report]), code:load_binary(${variable(file)}, ${path}, Code${variable(file)})`;
  });
  return `${loads.join(', ')}, script_side:main().`;
}

const variable = (file: string) => `M${file.replace(/\W/g, '_')}`;

export class ErlangSide implements Side {
  readonly system = 'erlang';
  readonly ids = 'kernel';
  readonly homes: readonly string[];
  readonly #calls: ErlangCalls;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: Value) => void; reject: (error: Error) => void }>();
  readonly #ports = new Map<string, number>();
  readonly #ended: Promise<void>;
  #requests = 0;
  #errors = '';

  /** @param within a command that runs its arguments, such as `ip netns exec NAME` */
  constructor(calls: ErlangCalls, within: readonly string[] = [], homes = loopback) {
    this.#calls = calls;
    this.homes = homes;
    const [program, ...args] = [...within, 'erl', '-noinput', '-boot', 'start_clean', '-eval', startCommand()];
    const child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'pipe'], env: plainEnvironment() });
    this.#child = child;
    child.stderr!.on('data', (text) => {
      this.#errors += text;
    });
    createInterface({ input: child.stdout! }).on('line', (line) => this.#answer(line));
    child.stdin!.on('error', () => undefined);
    this.#ended = new Promise((resolve) => {
      child.on('error', (error) => this.#fail(error.message));
      child.on('close', () => {
        this.#fail(`Erlang has ended: ${this.#errors}`);
        resolve();
      });
    });
  }

  /** Resolves when the virtual machine takes requests. */
  async ready(): Promise<void> {
    await this.#all('{leftovers, 0}');
  }

  async start(actor: string): Promise<void> {
    await this.#all(`{start, ${atom(actor)}}`);
  }

  perform(actor: string, call: AnyCall): Promise<Value> {
    return this.#make(actor, call).outcome;
  }

  async begin(actor: string, call: AnyCall): Promise<Begun> {
    const { id, outcome } = this.#make(actor, call);
    let over = false;
    outcome.then(
      () => {
        over = true;
      },
      () => undefined,
    );
    await this.#all(`{parked, ${atom(actor)}, ${id}}`);
    return { isOver: () => over, outcome };
  }

  port(socket: string): number | undefined {
    return this.#ports.get(socket);
  }

  async leftovers(): Promise<Map<string, Value>> {
    const boxes = await this.#all(`{leftovers, ${this.#calls.quietMs ?? 10}}`);
    return new Map((boxes as [string, Value][]).map(([actor, messages]) => [actor, camelCase(messages)]));
  }

  async reset(): Promise<void> {
    await this.#all('reset');
    this.#ports.clear();
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (signal === 'SIGTERM') this.#child.stdin!.end();
    else this.#child.kill(signal);
    await this.#ended;
  }

  #make(actor: string, call: AnyCall): { id: number; outcome: Promise<Value> } {
    const [name] = call;
    const isForAll = name === 'awaitEnd' || name === 'awaitClosed';
    const { id, answer } = this.#request(isForAll ? 'all' : atom(actor), requestOf(this.#calls.requests, call));
    // An actor that ends gives no answer. Its end is the answer.
    const last = name === 'exit' ? this.#all(`{ended, ${atom(actor)}}`) : answer;
    return { id, outcome: last.then((value) => this.#valueOf(call, value)) };
  }

  #all(request: string): Promise<Value> {
    return this.#request('all', request).answer;
  }

  #request(actor: string, request: string): { id: number; answer: Promise<Value> } {
    this.#requests += 1;
    const id = this.#requests;
    const answer = new Promise<Value>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdin!.write(`{${id}, ${actor}, ${request}}.\n`);
    });
    // A caller that has given up waiting does not look at the answer any more.
    answer.catch(() => undefined);
    return { id, answer };
  }

  #answer(line: string): void {
    const [id, value] = JSON.parse(line) as [number, Value];
    this.#waiting.get(id)?.resolve(value);
    this.#waiting.delete(id);
  }

  #fail(reason: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
    this.#waiting.clear();
  }

  /** The result of the call: Value for `{ok, Value}`. */
  #valueOf(call: AnyCall, answer: Value): Value {
    const value = camelCase(answer);
    const given = isArray(value) && value[0] === 'ok' && value.length === 2 ? value[1]! : value;
    const [name] = call;
    if (isArray(given) && given[0] === 'opened') {
      this.#ports.set(this.#calls.opens(call)!, given[1] as number);
      return 'ok';
    }
    if ((name === 'getopts' || name === 'getstat') && isArray(given) && given[0] !== 'error' && given[0] !== 'raises')
      return { options: given.map(option) };
    return this.#calls.answer?.(call, given) ?? given;
  }
}

const camel = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** A name of an option and its value; the name of a device is a binary. */
function option(pair: Value): readonly [string, Value] {
  if (!isArray(pair)) return [String(pair), 'alone'];
  // A raw option is a tuple of four.
  const [name, value] = [camel(String(pair[0])), pair.length === 2 ? pair[1]! : pair.slice(1)];
  return [name, name === 'bindToDevice' && isBytes(value) ? (value.text ?? '') : value];
}

/** Fields of records get the names that mailport has for them. */
function camelCase(value: Value): Value {
  if (isArray(value)) return value.map(camelCase);
  if (!isRecord(value)) return value;
  const fields = Object.entries(value.fields).map(([name, field]) => [camel(name), camelCase(field)]);
  return { record: value.record, fields: Object.fromEntries(fields) };
}
