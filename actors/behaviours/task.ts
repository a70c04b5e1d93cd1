/** One-off work in an actor of its own, whose result is awaited. Mirrors Elixir's Task, which gives Erlang's spawn-and-monitor idiom a name. */
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

/** Milliseconds: Elixir's default for all of these. */
const defaultMs = 5000;

declare const result: unique symbol;

/** Work under way. Its owner, who began it, awaits it. */
export interface Task<T> {
  readonly pid: Pid;
  readonly owner: Pid;
  /** Of the monitor, and of the result. */
  readonly ref: Ref;
  readonly [result]?: T;
}

/** What a task has come to: its value, or why it ended without. */
export type TaskOutcome<T> = readonly ['ok', value: T] | readonly ['exit', reason: unknown];

/** A task as it is known here. */
interface Begun<T> extends Task<T> {
  /** Its owner has not given up. */
  isWanted: boolean;
  /** What it has come to, once its owner has seen that: nothing of it will come any more, and whoever asks again is told the same. */
  outcome: TaskOutcome<T> | undefined;
}

type Work<T> = (self: Self) => T | PromiseLike<T>;

/**
 * Begins work in an actor linked to its owner: if the work fails, the owner fails too unless it traps exits. The result waits in the owner's mailbox
 * until it is awaited.
 */
function begin<T>(self: AnySelf, work: Work<T>, options: SpawnOptions = {}): Task<T> {
  checkWork(work);
  const owner = self.pid;
  const answer = async (own: Self) => {
    const value = await work(own);
    if (begun.isWanted) tell(owner, [begun.ref, value]);
  };
  const pid = startLink(self, answer, options);
  // The actor runs when this has returned.
  const begun: Begun<T> = { pid, owner, ref: self.monitor(pid), isWanted: true, outcome: undefined };
  return begun;
}

/** Work that nobody awaits, as a child of a supervisor for one. It ends 'normal', or as it fails. */
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
 * Gives the result, as often as it is asked. @throws CallError (rejects) with the reason if the task ended without one, 'timeout' if it takes longer; then it
 * goes on, and nobody will get its result
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

/** Nobody wants the result any more, unless it has come between the end of the wait and this. */
async function giveUp<T>(self: AnySelf, task: Begun<T>): Promise<TaskOutcome<T> | undefined> {
  task.isWanted = false;
  self.demonitor(task.ref, { flush: true });
  const late = await self.receive(reply(task.ref), { after: 0 });
  if (late !== undefined) task.outcome = ['ok', late[1] as T];
  return task.outcome;
}

/** What it has come to; undefined if it is still under way after `timeoutMs`, and then it can be asked again. */
function look<T>(self: AnySelf, task: Task<T>, timeoutMs = defaultMs): Promise<TaskOutcome<T> | undefined> {
  checkOwner(self, task);
  return lookFor(self, task, checkTimeout('timeoutMs', timeoutMs));
}

/**
 * Ends it, as a supervisor ends a child, and gives what it had come to; undefined if it had to be ended. 'brutal_kill' does not wait. If it has ended, or its
 * result has been taken, there is nothing to wait for.
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
  // It is told to end, and its owner is not to end with it. An owner that ends meanwhile still takes it along, as by the link.
  self.unlink(task.pid);
  const letGo = endTogether(self, task.pid);
  try {
    // One that was given up has its monitor no more.
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
 * `async(self, work)` begins, `await(self, task)` gives the result, `yield` looks for it, `shutdown` ends it; `startLink` is for work that nobody awaits.
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

/** Waits so long for the result or the end. What is known already is told at once, and of one that was given up nothing is to come by its own reference. */
async function lookFor<T>(self: AnySelf, task: Task<T>, timeoutMs: number, ref = task.ref): Promise<TaskOutcome<T> | undefined> {
  const begun = task as Begun<T>;
  if (begun.outcome !== undefined || (ref === task.ref && !begun.isWanted)) return begun.outcome;
  const answer = await self.receive(reply(ref), { after: timeoutMs });
  if (answer === undefined) return undefined;
  begun.outcome = answer[0] === 'DOWN' ? ['exit', answer[4]] : ['ok', answer[1] as T];
  if (answer[0] !== 'DOWN') self.demonitor(ref, { flush: true });
  return begun.outcome;
}
