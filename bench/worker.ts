/**
 * The process in which our side of one case runs: `worker.js CASE`. It starts the case, then makes a run for each message from its parent
 * and answers with the figure. When its parent closes the channel, it stops the case and ends.
 */
import { findCase } from './cases/index.js';

const found = findCase(process.argv[2] ?? '');
const { measure, stop } = await found.start();

process.on('message', () => {
  measure().then(
    (value) => process.send?.({ value }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on('disconnect', () => {
  stop().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
process.send?.('ready');
