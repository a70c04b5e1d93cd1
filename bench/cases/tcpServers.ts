/** Servers of TCP: a request of each connection, connections on which nothing happens, and HTTP; and what it costs to give a connection away. */
import { fileURLToPath } from 'node:url';
import { type Case, runMs, runner } from '../case.js';
import { genTcpHandoff } from '../yardsticks/genInet.js';
import { genTcpServe, nodeHttp, nodeIdle, nodeServe, PrintingServer, plainServe } from '../yardsticks/servers.js';
import { missingGcc, missingWrk, wrkRequests } from '../yardsticks/tcpClients.js';
import { idleBytes } from './idle.js';

const idleConnections = 10_000;

/** Why our side cannot run; undefined if it can. */
const needs = (missing: () => string | undefined) => async () => missing();

const accepted: Case = {
  name: 'tcp-accept',
  unit: 'connections/s',
  moreIsBetter: true,
  missing: needs(missingGcc),
  // Loaded late: the cases of actors alone must not load the addon.
  start: async () => (await import('./tcpAccept.js')).start(runMs),
  against: [
    { yardstick: nodeServe(runMs), budget: 1.3 },
    { yardstick: genTcpServe(runMs), budget: 1.5 },
    { yardstick: plainServe(runMs), budget: null },
  ],
};

/**
 * @param who all sockets belong to one actor, as sockets of node:net belong to nobody; or each has an actor of its own, which node:net has no counterpart of
 * @param budget 1 / 0.7: 0.7 times the memory, or less
 */
const idle = (who: 'sockets' | 'sessions', budget: number | null): Case => ({
  name: `tcp-idle-${who}`,
  unit: 'bytes',
  moreIsBetter: false,
  missing: needs(missingGcc),
  start: async () => runner(() => idleBytes(new URL('./tcpIdle.js', import.meta.url), String(idleConnections), who)),
  against: [{ yardstick: nodeIdle(idleConnections), budget }],
});

const httpd: Case = {
  name: 'tcp-httpd',
  unit: 'requests/s',
  moreIsBetter: true,
  missing: needs(missingWrk),
  start: async () => {
    const example = fileURLToPath(new URL('../../examples/httpd.js', import.meta.url));
    const server = await PrintingServer.start([process.execPath, example, '0']);
    return { measure: () => wrkRequests(server.port, runMs), stop: async () => server.stop() };
  },
  against: [{ yardstick: nodeHttp(runMs), budget: 1 }],
};

const handoff = (queued: number): Case => ({
  name: `tcp-handoff-${queued}`,
  unit: 'handoffs/s',
  moreIsBetter: true,
  start: async () => {
    const { handoffs } = await import('./tcpHandoff.js');
    return runner(() => handoffs(queued, runMs));
  },
  against: [{ yardstick: genTcpHandoff(queued, runMs), budget: 1 }],
});

export const tcpServers: readonly Case[] = [
  accepted,
  idle('sockets', 1 / 0.7),
  idle('sessions', null),
  httpd,
  handoff(0),
  handoff(1000),
];
