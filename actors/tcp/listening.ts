/** What a listening socket has that a connection has not. */
import type { Accepts, InetSetting } from '../socket/index.js';
import { inheritedLate } from './options.js';

/** The calls of accept that wait. */
export type WaitingAccepts = Pick<Accepts<object>, 'size' | 'nowOr' | 'retry' | 'failAll'>;

export class Listening {
  readonly accepts: WaitingAccepts;
  /** Options that the kernel does not give connections, or that have been changed since the socket listens (TA-9). */
  late: readonly InetSetting[];

  constructor(accepts: WaitingAccepts, late: readonly InetSetting[]) {
    this.accepts = accepts;
    this.late = late;
  }

  noteLate(settings: readonly InetSetting[]): void {
    const changed = settings.filter(({ name }) => inheritedLate.has(name));
    if (changed.length === 0) return;
    const names = new Set(changed.map(({ name }) => name));
    this.late = [...changed, ...this.late.filter(({ name }) => !names.has(name))];
  }
}
