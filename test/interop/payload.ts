/** The bytes of messages, and their sum: usrsctp_peer.c makes and sums them in the same way. Nothing here knows of sockets. */

/** Bytes that differ from message to message, so that a mix-up shows. */
export function payload(bytes: number, seed: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes);
  let state = (seed * 2654435761 + bytes) >>> 0;
  for (let at = 0; at < bytes; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    buffer[at] = state >>> 24;
  }
  return buffer;
}

/** FNV-1a, 32 bits. */
export function sumOf(data: Uint8Array): number {
  let sum = 2166136261;
  for (const byte of data) sum = Math.imul(sum ^ byte, 16777619);
  return sum >>> 0;
}
