/** What this machine has of what the tests beside Erlang need. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export function installed(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

/** Why nothing here can be run; undefined if it can. */
export const missing = existsSync('/proc/sys/net/sctp')
  ? installed('erl')
    ? undefined
    : 'package erlang-base is not installed'
  : 'this kernel has no SCTP; npm run lab has one';
