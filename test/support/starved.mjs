/** A call while this process has no descriptor left. For programs that run with a low `ulimit -n`. */
import { closeSync, openSync } from 'node:fs';

/**
 * The reason of a call's failure while every descriptor is taken.
 *
 * @param {() => unknown} call
 */
export async function starved(call) {
  const taken = [];
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {}
  try {
    await call();
    return 'no failure';
  } catch (error) {
    return /** @type {{ reason?: string }} */ (error).reason ?? String(error);
  } finally {
    for (const descriptor of taken) closeSync(descriptor);
  }
}
