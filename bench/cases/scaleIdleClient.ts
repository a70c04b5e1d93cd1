/** Calls all these ports from as many sockets, and stays: `scaleIdleClient.js PORTS`. */
import { mainActor, type Self } from 'mailport';
import type { SctpMessage } from 'mailport/sctp';
import { connectAll, openSockets } from './scaleClient.js';

const ports = JSON.parse(process.argv[2] ?? '[]') as number[];
const sockets = await openSockets(mainActor() as Self<SctpMessage>, ports.length ** 2);
await connectAll(sockets, { ports });
