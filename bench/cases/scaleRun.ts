/** What the two processes of the cases with many associations have in common: `count` associations between as many sockets of each, each socket one-to-many. */
import type { SctpOpenOptions } from 'mailport/sctp';

/** count: the other process says after every `creditEvery` messages that these have come. echo: it sends each message back. */
export type ScaleRole = 'count' | 'echo';

export const creditEvery = 100;
export const messageBytes = 64;
/** A message as short as this is no message that counts. */
export const creditBytes = 1;

/** Sockets of each process: two sockets can have one association, as a peer is an address and a port. */
export const socketsFor = (count: number): number => Math.ceil(Math.sqrt(count));

export const scaleOptions: SctpOpenOptions = { stack: 'embedded', ip: '127.0.0.1', active: true, sctpNodelay: true };

/** From the other process: once all its sockets listen, and whenever it is asked how many associations are up. */
export type FromScalePeer = { readonly ports: readonly number[] } | { readonly up: number };
