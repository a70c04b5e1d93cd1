/** The requests that a supervisor takes, and its answers. */
import type { Asks, Call, Pid } from '../../runtime/index.js';
import type { Child, ChildSpec } from './child.js';

/** A child, in the answer of `whichChildren`. */
export interface ChildInfo {
  /** Its id. Undefined under 'simple_one_for_one', where children have none. */
  readonly id: string | undefined;
  /** Its actor. 'restarting' if a restart has failed or is put off, and will be tried. Undefined if the child has ended for good, or has nothing to start. */
  readonly pid: Pid | 'restarting' | undefined;
  readonly type: 'worker' | 'supervisor';
}

/** The answer of `countChildren`. */
export interface ChildCounts {
  readonly specs: number;
  readonly active: number;
  readonly supervisors: number;
  readonly workers: number;
}

/** The messages that a supervisor takes. The functions of `supervisor` send them. */
export type SupervisorMessage = Call<SupervisorRequest, never>;

export type Outcome = readonly ['ok', Pid | undefined] | readonly ['error', reason: unknown];

export type SupervisorRequest =
  | Asks<readonly ['start_child', child: Child | readonly unknown[]], Outcome>
  | Asks<readonly ['terminate_child', which: string | Pid], Outcome>
  | Asks<readonly ['restart_child', id: string], Outcome>
  | Asks<readonly ['delete_child', id: string], Outcome>
  | Asks<readonly ['which_children'], readonly ChildInfo[]>
  | Asks<readonly ['count_children'], ChildCounts>
  | Asks<readonly ['get_childspec', which: string | Pid], ChildSpec | undefined>;
