/** The clients that servers of TCP are measured with, the same for each server: tcp_clients.c, and wrk. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { buildC, installed, number, output } from './program.js';

/** How many connections are under way at a time. */
const concurrency = 64;
/** One core is the server's. */
const wrkThreads = 1;

export const missingGcc = (): string | undefined => (installed('gcc') === undefined ? 'gcc is not installed' : undefined);
export const missingWrk = (): string | undefined => (installed('wrk') === undefined ? 'wrk is not installed' : undefined);

/** Connections a second of a server that answers one request of each and ends it. */
export async function churned(port: number, runMs: number): Promise<number> {
  return number(
    await output([buildC('tcp_clients'), 'churn', String(port), String(concurrency), String(runMs / 1000)], runMs + 30_000),
  );
}

/** Requests a second of an HTTP server. @throws Error if an answer was not what a client expects */
export async function wrkRequests(port: number, runMs: number): Promise<number> {
  const seconds = Math.ceil(runMs / 1000);
  const url = `http://127.0.0.1:${port}/`;
  const printed = await output(['wrk', `-t${wrkThreads}`, `-c${concurrency}`, `-d${seconds}s`, url], runMs + 30_000);
  const [, rate] = /^Requests\/sec:\s+([\d.]+)$/m.exec(printed) ?? [];
  if (rate === undefined || /Non-2xx|Socket errors/.test(printed)) throw new Error(`wrk ${url}:\n${printed}`);
  return Number(rate);
}

/** Opens so many connections and keeps them until the process that is given back is ended. */
export async function held(port: number, count: number): Promise<ChildProcess> {
  const clients = spawn(buildC('tcp_clients'), ['hold', String(port), String(count)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const first = createInterface({ input: clients.stdout })[Symbol.asyncIterator]().next();
  const said = await Promise.race([first, once(clients, 'exit')]);
  if (!('value' in said) || said.value !== 'held') throw new Error('the connections could not be opened');
  return clients;
}
