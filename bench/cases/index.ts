/** All cases, in the order in which they run and docs/figures.md lists them, and how they are found by name. */
import type { Case } from '../case.js';
import { callServer, requestByHand } from './call.js';
import { connectorCases } from './connector.js';
import { floodAsync, floodAwait, floodHandler } from './flood.js';
import { idleFunction, idleHandler } from './idleMemory.js';
import { linkStorm } from './linkStorm.js';
import { messagingCases } from './messaging.js';
import { pingPongAsync, pingPongHandlers } from './pingPong.js';
import { repyCases } from './repy.js';
import { scaleCases } from './scale.js';
import { sctpOneWay64, sctpOneWay1024, sctpOneWay16384, sctpPingPong, sctpPingPongBusy } from './sctp.js';
import { sctpKernel } from './sctpKernel.js';
import { selective, selective100k } from './selective.js';
import { spawnExit } from './spawnExit.js';
import { tcpCases } from './tcp.js';
import { tcpServers } from './tcpServers.js';
import { timersCancel, timersFire } from './timers.js';
import { udpCases } from './udp.js';
import { wanCases } from './wan.js';

export const cases: readonly Case[] = [
  pingPongHandlers,
  pingPongAsync,
  floodHandler,
  floodAsync,
  floodAwait,
  selective,
  selective100k,
  callServer,
  requestByHand,
  spawnExit,
  linkStorm,
  timersCancel,
  timersFire,
  idleHandler,
  idleFunction,
  sctpOneWay64,
  sctpOneWay1024,
  sctpOneWay16384,
  sctpPingPong,
  sctpPingPongBusy,
  ...sctpKernel,
  ...scaleCases,
  ...udpCases,
  ...tcpCases,
  ...tcpServers,
  ...connectorCases,
  ...messagingCases,
  ...repyCases,
  ...wanCases,
];

/** @throws Error if there is none of that very name */
export function findCase(name: string): Case {
  const found = cases.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no case '${name}'; there are ${cases.map((one) => one.name).join(', ')}`);
  return found;
}

/** Those of that name, or else those whose names begin so; all if no name is given. Each once, in the order of `cases`. */
export function findCases(names: readonly string[]): Case[] {
  if (names.length === 0) return [...cases];
  const wanted = names.flatMap((name) => {
    const exact = cases.filter((one) => one.name === name);
    const begun = exact.length > 0 ? exact : cases.filter((one) => one.name.startsWith(name));
    return begun.length > 0 ? begun : [findCase(name)];
  });
  return cases.filter((one) => wanted.includes(one));
}
