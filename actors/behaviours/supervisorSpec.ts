/** How a supervisor is described, and the check of that. Mirrors the flags of supervisor(3). */
import { checkKeys, checkPeriod } from '../../runtime/behaviour.js';
import { BadArg } from '../../runtime/index.js';
import { type ChildSpec, childOf } from './child.js';

interface CommonSpec {
  /** So many restarts in `periodMs` are borne; one more, and the supervisor ends its children and itself, with 'shutdown'. 1 unless given. */
  readonly intensity?: number;
  /** Milliseconds. 5,000 unless given. */
  readonly periodMs?: number;
}

export interface FixedSpec extends CommonSpec {
  /**
   * What else is restarted when a child is: 'one_for_one' nothing, 'one_for_all' all others, 'rest_for_one' those that come after it. The
   * first unless given.
   */
  readonly strategy?: 'one_for_one' | 'one_for_all' | 'rest_for_one';
  /** Started in this order, each when the one before it has been; ended in the opposite order. More may come by `startChild`. */
  readonly children: readonly ChildSpec[];
  /**
   * Whether it ends, with 'shutdown', when a child that is `significant` has ended by itself and is not restarted: 'never', at 'any_significant', or when
   * 'all_significant' have. The first unless given.
   */
  readonly autoShutdown?: 'never' | 'any_significant' | 'all_significant';
}

export interface DynamicSpec extends CommonSpec {
  /** Any number of children of one kind, which `startChild` starts with arguments of their own. Ended all at the same time. */
  readonly strategy: 'simple_one_for_one';
  readonly child: ChildSpec;
}

export type SupervisorSpec = FixedSpec | DynamicSpec;

/** What is described, with nothing left out. */
export interface Rules {
  readonly strategy: 'one_for_one' | 'one_for_all' | 'rest_for_one' | 'simple_one_for_one';
  readonly intensity: number;
  readonly periodMs: number;
  readonly autoShutdown: 'never' | 'any_significant' | 'all_significant';
  /** Of the children of 'simple_one_for_one'. */
  readonly template: ChildSpec | undefined;
}

const commonKeys = ['strategy', 'intensity', 'periodMs', 'autoShutdown'] satisfies (keyof FixedSpec)[];
const fixedKeys = new Set([...commonKeys, 'children']);
const dynamicKeys = new Set([...commonKeys, 'child']);

/** @throws BadArg naming what is wrong, other than with the children */
export function rulesOf(spec: SupervisorSpec): Rules {
  if (typeof spec !== 'object' || spec === null) throw new BadArg('spec', 'must be an object');
  checkKeys('spec', spec, spec.strategy === 'simple_one_for_one' ? dynamicKeys : fixedKeys);
  const { strategy = 'one_for_one', intensity = 1, periodMs = 5000 } = spec;
  if (!['one_for_one', 'one_for_all', 'rest_for_one', 'simple_one_for_one'].includes(strategy)) {
    throw new BadArg('spec.strategy', "must be 'one_for_one', 'one_for_all', 'rest_for_one' or 'simple_one_for_one'");
  }
  if (!Number.isInteger(intensity) || intensity < 0) throw new BadArg('spec.intensity', 'must be an integer of 0 or more');
  checkPeriod('spec.periodMs', periodMs);
  const { autoShutdown = 'never' } = spec as FixedSpec;
  if (!['never', 'any_significant', 'all_significant'].includes(autoShutdown))
    throw new BadArg('spec.autoShutdown', "must be 'never', 'any_significant' or 'all_significant'");
  const template = strategy === 'simple_one_for_one' ? (spec as DynamicSpec).child : undefined;
  if (strategy === 'simple_one_for_one') childOf('spec.child', template as ChildSpec);
  return { strategy, intensity, periodMs, autoShutdown, template };
}
