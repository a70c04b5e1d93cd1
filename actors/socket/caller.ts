/** Whose a call is: checks of the capabilities that calls take, an actor's own `self` and the `Pid` of another; and who is charged with a failure. */

import { type AnySelf, BadArg, isAlive, isPid, isSelf, type Pid } from '../../runtime/index.js';
import { charge, notSelf } from '../../runtime/ports.js';

/**
 * The pid of the actor that calls.
 *
 * @throws BadArg unless `self` is an actor's handle
 */
export function checkCaller(self: unknown): Pid {
  // Owning is a capability: an object that merely looks like a handle could be made by anybody who knows the owner's pid.
  if (isSelf(self)) return self.pid;
  throw new BadArg('self', notSelf);
}

/**
 * The pid of the actor that calls, to become an owner.
 *
 * @throws BadArg unless `self` is an actor's handle
 * @throws ActorExit if the actor has ended
 */
export function checkLivingCaller(self: AnySelf): Pid {
  const pid = checkCaller(self);
  if (!isAlive(pid)) throw self.signal.reason;
  return pid;
}

/** @throws BadArg unless `pid` is one; names are not accepted (CP-7) */
export function checkPid(pid: unknown, argument: string): Pid {
  if (isPid(pid)) return pid;
  throw new BadArg(argument, 'must be a Pid');
}

/** A call whose failure, if nobody awaits it, is the end of its caller. */
export function charging<T>(caller: Pid, promise: Promise<T>): Promise<T> {
  return promise.catch((error: Error) => {
    throw charge(error, caller);
  });
}
