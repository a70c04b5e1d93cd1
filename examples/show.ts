/** Prints the messages of sockets in a readable form: tuples in brackets, records as Erlang prints them, payload as text where it is text. */
import { inspect } from 'node:util';

const longestText = 48;

export function show(value: unknown): string {
  if (value instanceof Uint8Array) return showBytes(value);
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string') return showRecord(value);
  return inspect(value, { breakLength: Number.POSITIVE_INFINITY });
}

function showBytes(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.subarray(0, longestText)).toString('latin1');
  const printable = [...text].every((char) => char >= ' ' && char <= '~');
  const shown = printable ? JSON.stringify(text) : `0x${Buffer.from(text, 'latin1').toString('hex')}`;
  return bytes.length > longestText ? `<<${shown}... ${bytes.length} bytes>>` : `<<${shown}>>`;
}

/** Fields that are 0 or empty, as they are in most messages, are left out. */
function showRecord(record: object): string {
  const { type, ...fields } = record as { type: string } & Record<string, unknown>;
  const told = Object.entries(fields).filter(
    ([name, value]) => name === 'stream' || !(value === 0 || (Array.isArray(value) && value.length === 0)),
  );
  return `#${type}{${told.map(([name, value]) => `${name} = ${show(value)}`).join(', ')}}`;
}
