/** The three tables of the document. A row is found by all of its columns together: two rows conflict where every column is the same. */

/** A row of tcp_conn_table: a connection that is open. */
export interface TcpConnRow {
  readonly localip: string;
  readonly localport: number;
  readonly remoteip: string;
  readonly remoteport: number;
}

/** A row of tcp_listen_table or udp_listen_table: a listener. */
export interface ListenRow {
  readonly localip: string;
  readonly localport: number;
}

/** All columns of a row as one text. */
export const columnsOf = {
  connection: ({ localip, localport, remoteip, remoteport }: TcpConnRow): string =>
    `${localip} ${localport} ${remoteip} ${remoteport}`,
  listener: ({ localip, localport }: ListenRow): string => `${localip} ${localport}`,
} as const;

/** Rows by all of their columns. A value of the table's user goes with each. */
export class Table<Row extends object, Value> {
  readonly #key: (row: Row) => string;
  readonly #found = new Map<string, { readonly row: Row; readonly value: Value }>();

  constructor(key: (row: Row) => string) {
    this.#key = key;
  }

  /** A copy, the oldest row first. */
  get rows(): Row[] {
    return [...this.#found.values()].map(({ row }) => ({ ...row }));
  }

  get values(): Value[] {
    return [...this.#found.values()].map(({ value }) => value);
  }

  get size(): number {
    return this.#found.size;
  }

  find(row: Row): Value | undefined {
    return this.#found.get(this.#key(row))?.value;
  }

  /** A row that conflicts is replaced. */
  place(row: Row, value: Value): void {
    this.#found.set(this.#key(row), { row, value });
  }

  /** Removes the row, if it is there with this value: another may have replaced it. */
  remove(row: Row, value: Value): void {
    const key = this.#key(row);
    if (this.#found.get(key)?.value === value) this.#found.delete(key);
  }

  clear(): void {
    this.#found.clear();
  }
}
