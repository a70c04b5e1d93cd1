/** Tasks: one-off work in an actor of its own, whose result is awaited. Mirrors Elixir's Task, which packages Erlang's idiom of spawn and monitor. */
import { charge, checkTimeout, endTogether, notSelf, setBehaviour, tell } from '../../runtime/behaviour.js';
import {
  type AnySelf,
  BadArg,
  CallError,
  exit,
  isSelf,
  type Pid,
  type Ref,
  reply,
  type Self,
  type SpawnOptions,
  spawnLink,
} from '../../runtime/index.js';

/** How many milliseconds to wait unless told otherwise. Elixir has the same for all of these functions. */
const defaultMs = 5000;

declare const result: unique symbol;

/** Work under way. Only its owner, the actor that began it, can await it. */
export interface Task<T> {
  readonly pid: Pid;
  readonly owner: Pid;
  /** The reference of the owner's monitor, which also comes with the result. */
  readonly ref: Ref;
  readonly [result]?: T;
}

/** The outcome of a task: its value, or the reason for which it ended without one. */
export type TaskOutcome<T> = readonly ['ok', value: T] | readonly ['exit', reason: unknown];

/** A task, with what its owner knows of it. */
interface Begun<T> extends Task<T> {
  /** The owner has not given up waiting. */
  isWanted: boolean;
  /** The outcome, once the owner has seen it. From then on no message of the task comes, and asking again gives the same outcome. */
  outcome: TaskOutcome<T> | undefined;
}

type Work<T> = (self: Self) => T | PromiseLike<T>;

/**
 * Begins work in an actor linked to its owner: if the work fails, the owner ends too unless it traps exits. The result waits in the owner's mailbox until it is
 * awaited.
 */
function begin<T>(self: AnySelf, work: Work<T>, options: SpawnOptions = {}): Task<T> {
  checkWork(work);
  const owner = self.pid;
  const answer = async (own: Self) => {
    const value = await work(own);
    if (begun.isWanted) tell(owner, [begun.ref, value]);
  };
  const pid = startLink(self, answer, options);
  // `answer` above does not run before this function has returned, so it may use `begun`.
  const begun: Begun<T> = { pid, owner, ref: self.monitor(pid), isWanted: true, outcome: undefined };
  return begun;
}

/** Begins work whose result nobody awaits, for instance as the child of a supervisor. Its actor ends 'normal', or with the error of the work. */
function startLink(self: AnySelf, work: Work<unknown>, options: SpawnOptions = {}): Pid {
  if (!isSelf(self)) throw new BadArg('self', notSelf);
  checkWork(work);
  const body = async (own: Self) => {
    await work(own);
  };
  const pid = spawnLink(self, body, { label: 'task', ...options });
  setBehaviour(pid, 'task');
  return pid;
}

/**
 * Waits for the result. It can be asked for again, and is the same then.
 *
 * @throws CallError (rejects) with the reason if the task has ended without a result, or with 'timeout'; then the task goes on, but its result is dropped
 */
function awaitResult<T>(self: AnySelf, task: Task<T>, timeoutMs = defaultMs): Promise<T> {
  checkOwner(self, task);
  return resultOf(self, task, checkTimeout('timeoutMs', timeoutMs));
}

async function resultOf<T>(self: AnySelf, task: Task<T>, timeoutMs: number): Promise<T> {
  const outcome = (await lookFor(self, task, timeoutMs)) ?? (await giveUp(self, task as Begun<T>));
  if (outcome?.[0] === 'ok') return outcome[1];
  throw charge(new CallError(task.pid, outcome === undefined ? 'timeout' : outcome[1]), self);
}

/** Gives up waiting, unless the result has come since the wait ended. */
async function giveUp<T>(self: AnySelf, task: Begun<T>): Promise<TaskOutcome<T> | undefined> {
  task.isWanted = false;
  self.demonitor(task.ref, { flush: true });
  const late = await self.receive(reply(task.ref), { after: 0 });
  if (late !== undefined) task.outcome = ['ok', late[1] as T];
  return task.outcome;
}

/** Waits for the outcome; undefined if the task is still under way after `timeoutMs`. Then it can be asked for again. */
function look<T>(self: AnySelf, task: Task<T>, timeoutMs = defaultMs): Promise<TaskOutcome<T> | undefined> {
  checkOwner(self, task);
  return lookFor(self, task, checkTimeout('timeoutMs', timeoutMs));
}

/**
 * Ends a task as a supervisor ends a child: by 'shutdown' and, after `timeoutMs`, by 'kill'; with 'brutal_kill' by 'kill' at once. Resolves to the outcome if the
 * task has come to one, and to undefined if it had to be ended.
 */
function shutdown<T>(
  self: AnySelf,
  task: Task<T>,
  timeoutMs: number | 'brutal_kill' = defaultMs,
): Promise<TaskOutcome<T> | undefined> {
  checkOwner(self, task);
  if (timeoutMs !== 'brutal_kill') checkTimeout('timeoutMs', timeoutMs);
  return shutDown(self, task, timeoutMs);
}

async function shutDown<T>(self: AnySelf, task: Task<T>, timeoutMs: number | 'brutal_kill'): Promise<TaskOutcome<T> | undefined> {
  const begun = task as Begun<T>;
  const before = await lookFor(self, task, 0);
  if (before !== undefined) return before;
  const brutal = timeoutMs === 'brutal_kill';
  // Unlinked, since the owner is not to end with the task. If the owner ends meanwhile, the task still ends with it, as by the link.
  self.unlink(task.pid);
  const letGo = endTogether(self, task.pid);
  try {
    // If the owner has given up before, the first monitor is gone.
    const ref = begun.isWanted ? task.ref : self.monitor(task.pid);
    exit(task.pid, brutal ? 'kill' : 'shutdown', self);
    let outcome = await lookFor(self, task, brutal ? Number.POSITIVE_INFINITY : timeoutMs, ref);
    if (outcome === undefined) {
      exit(task.pid, 'kill', self);
      outcome = await lookFor(self, task, Number.POSITIVE_INFINITY, ref);
    }
    const wasEnded = outcome?.[0] === 'exit' && (outcome[1] === 'shutdown' || outcome[1] === 'killed');
    return wasEnded ? undefined : outcome;
  } finally {
    letGo();
  }
}

/**
 * Tasks. `async(self, work)` begins one, `await(self, task)` waits for its result, `yield` looks for the outcome, and `shutdown` ends it. `startLink` begins work
 * whose result nobody awaits.
 *
 * @example
 * const sum = task.async(self, () => add(1, 2));
 * await task.await(self, sum); // 3
 */
export const task = { async: begin, await: awaitResult, yield: look, shutdown, startLink } as const;

function checkWork(work: unknown): void {
  if (typeof work !== 'function') throw new BadArg('work', 'must be a function');
}

function checkOwner(self: AnySelf, task: Task<unknown>): void {
  if (!isSelf(self)) throw new BadArg('self', notSelf);
  if (self.pid !== task?.owner) throw new BadArg('task', 'must be a task of this actor');
}

/** Waits for the outcome. A known one is returned at once. If the owner has given up, no message with the task's own reference will come. */
async function lookFor<T>(self: AnySelf, task: Task<T>, timeoutMs: number, ref = task.ref): Promise<TaskOutcome<T> | undefined> {
  const begun = task as Begun<T>;
  if (begun.outcome !== undefined || (ref === task.ref && !begun.isWanted)) return begun.outcome;
  const answer = await self.receive(reply(ref), { after: timeoutMs });
  if (answer === undefined) return undefined;
  begun.outcome = answer[0] === 'DOWN' ? ['exit', answer[4]] : ['ok', answer[1] as T];
  if (answer[0] !== 'DOWN') self.demonitor(ref, { flush: true });
  return begun.outcome;
}
