/**
 * The document's two variables, for the servers of one JavaScript environment: which servers run (`servers`), and which connections they have (`conns`). A step of the
 * document that changes them is one synchronous step here.
 */
import { SmallestFree } from './smallestFree.js';

export class Table<Server, Connection> {
  readonly servers: Set<Server> = new Set();
  readonly #conns = new Map<number, Connection>();
  readonly #ids = new SmallestFree();

  /** The connections, by id. */
  get connections(): Connection[] {
    return [...this.#conns].sort(([one], [other]) => one - other).map(([, connection]) => connection);
  }

  /** Adds the connection that `make` makes of its number, the smallest that is free. */
  add<C extends Connection>(make: (id: number) => C): C {
    const id = this.#ids.take();
    const connection = make(id);
    this.#conns.set(id, connection);
    return connection;
  }

  /** The connection of that number is no more. */
  drop(id: number): void {
    if (this.#conns.delete(id)) this.#ids.free(id);
  }
}
