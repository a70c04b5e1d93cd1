/**
 * The two messages with which a connection begins. The client says hello; the server answers with the id of the connection. After that every message of the transport
 * is a request or a response, and nothing else is added to it. Both are short and begin with the same four bytes, of which the last is the version.
 */

const mark: Buffer = Buffer.from([0x4d, 0x50, 0x4d, 1]);
const idBytes = 4;

/** The client's first message. */
export const hello: Buffer = mark;

/** Whether a client's first message is a hello of this version. */
export function isHello(bytes: Buffer): boolean {
  return bytes.equals(hello);
}

/** The server's first message: the mark, and the id in four bytes, most significant first. */
export function welcome(id: number): Buffer {
  const bytes = Buffer.alloc(mark.length + idBytes);
  mark.copy(bytes);
  bytes.writeUInt32BE(id, mark.length);
  return bytes;
}

/** The id in a server's first message; undefined if the message is no welcome of this version. */
export function idIn(bytes: Buffer): number | undefined {
  if (bytes.length !== mark.length + idBytes || !bytes.subarray(0, mark.length).equals(mark)) return undefined;
  const id = bytes.readUInt32BE(mark.length);
  return id === 0 ? undefined : id;
}
