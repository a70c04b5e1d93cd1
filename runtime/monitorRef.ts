/** A monitor, which is its own reference, so that ending one needs no look-up. When it is over it holds neither watcher nor target. */
import type { Entity } from './entity.js';
import { Ref } from './pid.js';
import type { Process } from './process.js';

export class MonitorRef extends Ref {
  // Private, so that printing and comparing a message with this reference does not walk into actors.
  #watcher: Process | null;
  #target: Entity | null;
  /** The name by which the monitor was set up, which its message carries; null if it carries the pid or the port. */
  readonly #name: string | null;

  constructor(watcher: Process, target: Entity | null, name: string | null) {
    super();
    this.#watcher = watcher;
    this.#target = target;
    this.#name = name;
  }

  /** The actor that is told. Null when the monitor is over. */
  get watcher(): Process | null {
    return this.#watcher;
  }

  /** The actor or port whose end is waited for. Null when the monitor is over. */
  get target(): Entity | null {
    return this.#target;
  }

  get targetName(): string | null {
    return this.#name;
  }

  /** Ends the monitor: it has sent its message, or never will. */
  over(): void {
    this.#watcher = null;
    this.#target = null;
  }
}
