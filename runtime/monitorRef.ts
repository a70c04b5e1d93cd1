/** The reference of a monitor, which is the monitor: whoever ends it needs no look-up. After its end it holds nobody. */
import type { Entity } from './entity.js';
import { Ref } from './pid.js';
import type { Process } from './process.js';

export class MonitorRef extends Ref {
  // Not to be seen when a message is printed or compared.
  #watcher: Process | null;
  #target: Entity | null;
  /** What its message says of whom: the name that it was asked for by, or null for the pid or the port. */
  readonly #name: string | null;

  constructor(watcher: Process, target: Entity | null, name: string | null) {
    super();
    this.#watcher = watcher;
    this.#target = target;
    this.#name = name;
  }

  /** Who is told. Null when the monitor is over. */
  get watcher(): Process | null {
    return this.#watcher;
  }

  /** Whose end it waits for. Null when the monitor is over. */
  get target(): Entity | null {
    return this.#target;
  }

  get targetName(): string | null {
    return this.#name;
  }

  /** It has sent its message, or never will. */
  over(): void {
    this.#watcher = null;
    this.#target = null;
  }
}
