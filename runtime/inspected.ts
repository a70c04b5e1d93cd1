import { type InspectOptions, inspect } from 'node:util';

/** Stands for what throws when it is looked at. */
export const unreadable = '[throws when it is shown]';

/** As people read it, whatever it does when it is looked at. */
export function inspected(value: unknown, options?: InspectOptions): string {
  try {
    return inspect(value, options);
  } catch {
    return unreadable;
  }
}
