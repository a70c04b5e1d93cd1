/**
 * The life of a socket of repy, as a machine. docs/repy.md draws it. It takes a step when the socket ends, and never for a message. What the remote end does shows here
 * when `recv` meets it: until then the socket is connected, and gives what was delivered.
 */
import { createMachine, transition } from 'xstate';

export type SocketState = 'connected' | 'ended' | 'closed';

/** 'end': a `recv` has found that the stream is over, after all that was delivered. 'close': this side has called `close`, or its callback has failed. */
export type SocketEvent = 'end' | 'close';

const machine = createMachine({
  id: 'repySocket',
  initial: 'connected',
  states: {
    // send, recv and willblock go to the stream.
    connected: { on: { end: 'ended', close: 'closed' } },
    // The connection has been let go of, and is in no table. send, recv and willblock raise.
    ended: { on: { close: 'closed' } },
    // This side has closed the stream. send, recv and willblock raise.
    closed: { type: 'final' },
  },
});

/** The machine is asked once: all sockets live by the same one. */
export const socketSteps: ReadonlyMap<SocketState, ReadonlyMap<SocketEvent, SocketState>> = new Map(
  (Object.keys(machine.states) as SocketState[]).map((state) => [state, stepsFrom(state)]),
);

function stepsFrom(state: SocketState): Map<SocketEvent, SocketState> {
  const before = machine.resolveState({ value: state, context: {} });
  const events = (machine.events as SocketEvent[]).filter((type) => before.can({ type }));
  return new Map(events.map((type) => [type, transition(machine, before, { type })[0].value as SocketState]));
}

export class SocketLife {
  #state: SocketState = 'connected';

  get state(): SocketState {
    return this.#state;
  }

  get isConnected(): boolean {
    return this.#state === 'connected';
  }

  /** Takes a step. False, and nothing has changed, if the event may not happen in the present state. */
  take(event: SocketEvent): boolean {
    const next = socketSteps.get(this.#state)!.get(event);
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }
}
