import { type InspectOptions, inspect } from 'node:util';

/** The text for a value that throws when it is looked at. */
export const unreadable = '[throws when it is shown]';

/** `inspect` that never throws, whatever the value does when it is looked at. */
export function inspected(value: unknown, options?: InspectOptions): string {
  try {
    return inspect(value, options);
  } catch {
    return unreadable;
  }
}
