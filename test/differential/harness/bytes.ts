/** Payload of scripts: the bytes that a script's data stands for, and how bytes that arrive are shown. */
import { crc32 } from 'node:zlib';
import type { BytesValue } from './value.js';

/** Bytes that differ by seed and repeat with a period that no fragment has. The same as payload/2 in script_actor.erl. */
export function payload(count: number, seed: number): Buffer {
  const bytes = Buffer.allocUnsafe(count);
  for (let at = 0; at < count; at += 1) bytes[at] = ((at % 251) * 7 + seed * 13) & 255;
  return bytes;
}

export function shownBytes(bytes: Uint8Array): BytesValue {
  const text = Buffer.from(bytes).toString('latin1');
  const isShort = bytes.length <= 64 && /^[\n\r -~]*$/.test(text);
  return { bytes: bytes.length, crc: crc32(bytes), ...(isShort ? { text } : {}) };
}
