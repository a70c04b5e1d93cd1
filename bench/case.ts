/** The one shape of every benchmark, and of what it is measured against. Holds no measurement of its own. */

/** Something not ours that does the same job on the same machine. */
export interface Yardstick {
  /** As in the table: 'erlang', 'tsctp', 'udp (C)'. */
  readonly name: string;
  /** Why it cannot run here, undefined if it can. May build it, so it is asked once before the first run. */
  readonly missing: () => string | undefined;
  /** One run, in the unit of the case. Starts fresh processes, unless it has a `stop`. */
  readonly measure: () => Promise<number>;
  /** Ends what the runs of a case share, if they share anything. */
  readonly stop?: () => void;
}

export interface Case {
  /** As typed on the command line. */
  readonly name: string;
  /** What one run gives. */
  readonly unit: 'msg/s' | 'round trips/s' | 'calls/s' | 'actors/s' | 'links/s' | 'timers/s' | 'bytes';
  /** Whether a larger figure is the better one. */
  readonly moreIsBetter: boolean;
  /** Why our side cannot run on this machine, undefined if it can. Asked once, before anything is started. */
  readonly missing?: () => Promise<string | undefined>;
  /** Our side, run in a process of its own that lives for all runs of the case. Makes what all runs share; the runs come next. */
  readonly start: () => Promise<Runner>;
  /** Each gives a row. `budget`: how many times better than it we mean to be, at least; docs/figures.md shows it. */
  readonly against: readonly { readonly yardstick: Yardstick; readonly budget: number }[];
}

export interface Runner {
  /** One run. The first ones are warm-ups and do not count. */
  readonly measure: () => Promise<number>;
  /** Ends what `start` began. */
  readonly stop: () => Promise<void>;
}

/** A runner with nothing to share between its runs. */
export const runner = (measure: () => Promise<number>): Runner => ({ measure, stop: async () => {} });

/** How long one run of a case measured by time takes. */
export const runMs = 2_000;
