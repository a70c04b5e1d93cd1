/** The system messages that a behaviour takes, and the state that it keeps for them. Mirrors the receiving half of sys.erl. */
import { type Caller, inspected, printFor } from '../../runtime/behaviour.js';
import { type AnySelf, type From, type Pid, replyTo } from '../../runtime/index.js';
import type { Engine } from './engine.js';

/** An event of a traced behaviour: it takes a message ('in'), answers a request ('out'), or has a new state; or the trace has come to its 'limit'. */
export type TraceEvent =
  | { readonly type: 'in'; readonly message: unknown }
  | { readonly type: 'out'; readonly message: unknown; readonly to: Pid }
  | { readonly type: 'state'; readonly state: unknown }
  | { readonly type: 'limit' };

/** A function that gets the events of a trace. */
export type TraceSink = (event: TraceEvent, pid: Pid) => void;

interface Trace {
  left: number;
  readonly sink: TraceSink;
}

/** The third element of `['system', from, request]`. */
export type SystemRequest =
  | readonly ['get_state']
  | readonly ['get_status']
  | readonly ['replace_state', replace: (state: unknown) => unknown]
  | readonly ['suspend']
  | readonly ['resume']
  | readonly ['trace', limit: number, sink: TraceSink]
  | readonly ['no_trace']
  | readonly ['terminate', reason: unknown];

/** The answer to a system message: a value, or the error of making it. */
export type SystemAnswer = readonly ['ok', value: unknown] | readonly ['error', reason: unknown];

export class SystemState {
  suspended = false;
  trace: Trace | null = null;

  /** Does what a system message asks for, and answers. Returns the reason if the behaviour is to end. */
  obey(self: AnySelf, engine: Engine, caller: Caller, request: unknown): { reason: unknown } | undefined {
    const from = caller as From<SystemAnswer>;
    const [what, first, second] = request as SystemRequest;
    if (what === 'terminate') {
      replyTo(from, ['ok', undefined]);
      return { reason: first };
    }
    try {
      replyTo(from, ['ok', this.answer(self, engine, what, first, second)]);
    } catch (error) {
      replyTo(from, ['error', error]);
    }
    return undefined;
  }

  /** Traces an event. Callers check first that `trace` is not null, since that is cheap. */
  note(self: AnySelf, event: TraceEvent): void {
    const { trace } = this;
    if (trace === null) return;
    trace.left -= 1;
    if (trace.left === 0) this.trace = null;
    try {
      trace.sink(event, self.pid);
      if (trace.left === 0) trace.sink({ type: 'limit' }, self.pid);
    } catch (error) {
      // sys.erl, too, ends a trace whose function fails.
      this.trace = null;
      printFor(self.pid, `[mailport] ${self.pid} is not traced any longer, since its sink threw: ${inspected(error)}`);
    }
  }

  private answer(self: AnySelf, engine: Engine, what: SystemRequest[0], first: unknown, second: unknown): unknown {
    switch (what) {
      case 'get_state':
        return engine.getState();
      case 'get_status':
        return { status: this.suspended ? 'suspended' : 'running', state: engine.getState(), traced: this.trace?.left ?? 0 };
      case 'replace_state':
        engine.replaceState((first as (state: unknown) => unknown)(engine.getState()));
        if (this.trace !== null) this.note(self, { type: 'state', state: engine.getState() });
        return engine.getState();
      case 'suspend':
        this.suspended = true;
        return undefined;
      case 'resume':
        this.suspended = false;
        return undefined;
      case 'trace':
        this.trace = { left: first as number, sink: second as TraceSink };
        return undefined;
      case 'no_trace':
        this.trace = null;
        return undefined;
      default:
        throw new Error(`unknown system message: ${inspected(what)}`);
    }
  }
}

/** Prints a traced event in the format of sys.erl. */
export function printTrace(event: TraceEvent, pid: Pid): void {
  printFor(pid, `*DBG* ${pid} ${described(event)}`);
}

function described(event: TraceEvent): string {
  switch (event.type) {
    case 'in':
      return `got ${inspected(event.message, { depth: 3 })}`;
    case 'out':
      return `sent ${inspected(event.message, { depth: 3 })} to ${event.to}`;
    case 'state':
      return `new state ${inspected(event.state, { depth: 3 })}`;
    default:
      return 'is not traced any longer: the limit is reached';
  }
}
