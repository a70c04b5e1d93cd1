/** The shape that every benchmark has, and every program that it is measured against. There is no measurement in here. */

/** Something not ours that does the same job on the same machine. */
export interface Yardstick {
  /** As in the table: 'erlang', 'tsctp', 'udp (C)'. */
  readonly name: string;
  /** Gives the reason why the program cannot run here, or undefined. May build the program, so it is called once before the first run. */
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
  readonly unit:
    | 'msg/s'
    | 'packets/s'
    | 'round trips/s'
    | 'calls/s'
    | 'actors/s'
    | 'links/s'
    | 'timers/s'
    | 'connections/s'
    | 'requests/s'
    | 'handoffs/s'
    | 'bytes'
    | 'bytes/s'
    | 'ms';
  /** Whether a larger figure is the better one. */
  readonly moreIsBetter: boolean;
  /** Runs of ours that come first and do not count; three if it is left out. */
  readonly warmUps?: number;
  /** Gives the reason why our side cannot run on this machine, or undefined. Called once, before anything is started. */
  readonly missing?: () => Promise<string | undefined>;
  /** Starts our side, in a process of its own that lives for all runs of the case, and makes what the runs share. The runs come after that. */
  readonly start: () => Promise<Runner>;
  /**
   * Each yardstick gives a row. `budget` is the least number of times that we mean to be better: the column "wanted" in docs/figures.md. Null: the yardstick
   * tells only how much there is to gain.
   */
  readonly against: readonly { readonly yardstick: Yardstick; readonly budget: number | null }[];
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
