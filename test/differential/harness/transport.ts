/** What the scripts of a transport have beyond those of all: the sockets that its calls open, its messages as text, and steps that the runner makes. */
import type { OwnForm } from './render.js';
import type { AnyCall } from './script.js';

export interface Transport {
  /** The name of the socket that a call opens; undefined if it opens none. */
  readonly opens: (call: AnyCall) => string | undefined;
  readonly shown: OwnForm;
  /** Steps that are made of other calls, or of none. `perform` makes a call as the same actor, and gives its outcome as text. */
  readonly steps?: Readonly<Record<string, (perform: (call: AnyCall) => Promise<string>, ...args: never[]) => Promise<string>>>;
}
