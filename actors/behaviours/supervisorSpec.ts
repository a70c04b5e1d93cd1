/** The description of a supervisor, and the check of it. Mirrors the supervisor flags of supervisor(3). */
import { checkKeys, checkPeriod } from '../../runtime/behaviour.js';
import { BadArg } from '../../runtime/index.js';
import { type ChildSpec, childOf } from './child.js';

interface CommonSpec {
  /** How many restarts there may be within `periodMs`. After one more the supervisor ends its children and itself, with 'shutdown'. 1 unless given. */
  readonly intensity?: number;
  /** The period for `intensity`, in milliseconds. 5,000 unless given. */
  readonly periodMs?: number;
}

/** A supervisor whose children are listed. */
export interface FixedSpec extends CommonSpec {
  /**
   * Which other children are restarted with a child: 'one_for_one' (the default) none, 'one_for_all' all, 'rest_for_one' those that come after it in the list.
   */
  readonly strategy?: 'one_for_one' | 'one_for_all' | 'rest_for_one';
  /** The children. They are started in this order, one after the other, and ended in the opposite order. `startChild` can add more. */
  readonly children: readonly ChildSpec[];
  /**
   * Whether the supervisor ends, with 'shutdown', because `significant` children have ended by themselves and are not restarted: 'never' (the default), when
   * 'any_significant' child has, or when 'all_significant' ones have.
   */
  readonly autoShutdown?: 'never' | 'any_significant' | 'all_significant';
}

/** A supervisor of any number of children of one kind. */
export interface DynamicSpec extends CommonSpec {
  /** `startChild` starts each child, with its own arguments. All children are ended at the same time. */
  readonly strategy: 'simple_one_for_one';
  /** The description that all children share. */
  readonly child: ChildSpec;
}

export type SupervisorSpec = FixedSpec | DynamicSpec;

/** A description with defaults filled in. */
export interface Rules {
  readonly strategy: 'one_for_one' | 'one_for_all' | 'rest_for_one' | 'simple_one_for_one';
  readonly intensity: number;
  readonly periodMs: number;
  readonly autoShutdown: 'never' | 'any_significant' | 'all_significant';
  /** The description that all children share; undefined unless the strategy is 'simple_one_for_one'. */
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
