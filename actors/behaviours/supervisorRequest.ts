/** What a supervisor can be asked, and its answers. */
import type { Asks, Call, Pid } from '../../runtime/index.js';
import type { Child, ChildSpec } from './child.js';

/** A child as `whichChildren` tells of it. */
export interface ChildInfo {
  /** Undefined under 'simple_one_for_one', where children have none. */
  readonly id: string | undefined;
  /** Undefined if it has ended and is not to be restarted, or has nothing to start; 'restarting' if it could not be started again so far. */
  readonly pid: Pid | 'restarting' | undefined;
  readonly type: 'worker' | 'supervisor';
}

export interface ChildCounts {
  readonly specs: number;
  readonly active: number;
  readonly supervisors: number;
  readonly workers: number;
}

/** What a supervisor takes from others than its children and its parent. Sent by the functions of `supervisor`. */
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
