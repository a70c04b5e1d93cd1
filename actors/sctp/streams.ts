/** The arguments of the calls that re-configure the streams of an association (RFC 6525). */
import { BadArg } from '../../runtime/index.js';
import { unknownKey } from '../../runtime/ports.js';
import type { StreamId } from './events.js';
import { checkStream } from './sending.js';

export interface StreamsToReset {
  readonly direction: 'incoming' | 'outgoing' | 'both';
  /** All streams, if none are listed. */
  readonly streams?: readonly StreamId[];
}

/** Numbers of further streams; one of the two must be above 0. */
export interface StreamsToAdd {
  readonly inbound?: number;
  readonly outbound?: number;
}

const directions = new Map<unknown, number>([
  ['incoming', 1],
  ['outgoing', 2],
  ['both', 3],
]);

/** @throws BadArg naming the field */
export function checkReset(request: unknown): { readonly directions: number; readonly streams: readonly number[] } {
  const { direction, streams = [] } = checkFields(request, ['direction', 'streams']);
  const bits = directions.get(direction);
  if (bits === undefined) throw new BadArg('request.direction', "must be 'incoming', 'outgoing' or 'both'");
  if (!Array.isArray(streams)) throw new BadArg('request.streams', 'must be a list of streams');
  return { directions: bits, streams: streams.map((stream, index) => checkStream(stream, `request.streams[${index}]`)) };
}

/** @throws BadArg naming the field */
export function checkAdded(request: unknown): { readonly inbound: number; readonly outbound: number } {
  const fields = checkFields(request, ['inbound', 'outbound']);
  const inbound = checkStream(fields.inbound ?? 0, 'request.inbound');
  const outbound = checkStream(fields.outbound ?? 0, 'request.outbound');
  if (inbound === 0 && outbound === 0) throw new BadArg('request', 'must add a stream');
  return { inbound, outbound };
}

function checkFields(request: unknown, names: readonly string[]): { readonly [field: string]: unknown } {
  if (typeof request !== 'object' || request === null) throw new BadArg('request', 'must be an object');
  for (const name in request) if (!names.includes(name)) throw unknownKey('request', name, new Set(names));
  return { ...request };
}
