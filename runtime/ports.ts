/** What the runtime offers to those who implement ports. Not part of the public package. `PortApi` in `port.ts` documents each function. */
import { isProcess } from './entity.js';
import { noteSocket, simulations } from './escapes.js';
import { eachMember } from './few.js';
import { longSchedule, turnBegins, turnEnds } from './longSchedule.js';
import { isExit } from './message.js';
import type { Pid, ProcessId } from './pid.js';
import type { PortApi } from './port.js';
import type { Process } from './process.js';
import { link, portEnded, unlink } from './signals.js';
import { dead } from './states.js';
import { charge as chargeProcess } from './unawaited.js';
import { checkLowMarks, type LowMark } from './watermark.js';

export { isAlive } from './actor.js';
export { notSelf } from './errors.js';
export { checkKeys, didYouMean, unknownKey } from './keys.js';
export type { Port, PortApi } from './port.js';
export { socketHere } from './thread.js';
export type { LookedFor } from './watermark.js';
export { PortBacklog } from './weight.js';

const processOf = (pid: Pid): Process => (pid as unknown as ProcessId).process;

export const linkPort: PortApi['linkPort'] = (owner, port) => {
  const process = processOf(owner);
  if (process.state === dead) return false;
  if (simulations.current > 0 && port.isSimulated !== true) noteSocket(port.label);
  link(process, port);
  return true;
};

export const unlinkPort: PortApi['unlinkPort'] = (owner, port) => {
  const process = processOf(owner);
  unlink(process, port);
  if (process.trapExit) process.extract((message) => isExit(message, port));
};

export const portExited: PortApi['portExited'] = (port, reason) => portEnded(port, reason);

export const deliver: PortApi['deliver'] = (owner, message) => processOf(owner).deliver(message);

export const deliverWeighed: PortApi['deliverWeighed'] = (owner, message, port, bytes) =>
  processOf(owner).deliverWeighed(message, port, bytes);

export const backlog: PortApi['backlog'] = (owner) => processOf(owner).mailbox.length;

export const backlogBytes: PortApi['backlogBytes'] = (owner) => processOf(owner).mailbox.bytes;

export const mailboxLimit: PortApi['mailboxLimit'] = (owner) => processOf(owner).bound?.limit ?? Number.POSITIVE_INFINITY;

export const mailboxLimitBytes: PortApi['mailboxLimitBytes'] = (owner) =>
  processOf(owner).bound?.limitBytes ?? Number.POSITIVE_INFINITY;

export const whenDrained: PortApi['whenDrained'] = (owner, isDrained, callback) => {
  const process = processOf(owner);
  let wanted = true;
  const mark: LowMark = {
    isReached: (lookedFor) => isDrained(lookedFor) || process.state === dead,
    callback: () => {
      if (wanted) callback();
    },
  };
  process.lowMarks = [...(process.lowMarks ?? []), mark];
  checkLowMarks(process, process.lookedFor);
  return () => {
    wanted = false;
    const left = process.lowMarks?.filter((other) => other !== mark) ?? [];
    process.lowMarks = left.length > 0 ? left : null;
  };
};

export const eachPort: PortApi['eachPort'] = (owner, call) =>
  eachMember(processOf(owner).links, (linked) => {
    if (!isProcess(linked)) call(linked);
  });

export const clockOf: PortApi['clockOf'] = (pid) => processOf(pid).system.clock;

export const charge: PortApi['charge'] = (error, caller) => chargeProcess(error, processOf(caller));

export const waitsForPort: PortApi['waitsForPort'] = (pid) => {
  if (longSchedule.observed) turnEnds(processOf(pid));
};

export const runsOn: PortApi['runsOn'] = (pid) => {
  if (longSchedule.observed) turnBegins(processOf(pid));
};

export const extract: PortApi['extract'] = (owner, match) => processOf(owner).extract(match);
