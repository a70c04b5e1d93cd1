/** What all kinds of steps have in common. */
import type { Name, Pid } from 'mailport';
import type { Actor } from './actor.js';
import type { Step, Term } from './scenario.js';

type Arguments<S> = S extends readonly [string, ...infer Args] ? Args : never;

/** What each kind of step does. */
export type Steps = { readonly [S in Step as S[0]]: (actor: Actor, ...args: Arguments<S>) => unknown };

export const value = (actor: Actor, term: Term): unknown => {
  const { world, self, state } = actor;
  return world.resolve(term, { self: self.pid as Pid, state });
};

/** The pid of an actor, '<b>'; anything else is a registered name. The scenario has to know which messages it takes. */
export const target = (actor: Actor, name: string) => value(actor, name) as Pid<unknown> & Name<unknown>;
