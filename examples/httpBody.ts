/** The body of a request: of a length that the head says, or in chunks (RFC 9112 §6 and §7.1). */
import { HttpError, type RequestReader } from './httpReader.js';

const none = Buffer.alloc(0);
const length = /^\d{1,15}$/;
const chunkSize = /^([0-9a-fA-F]{1,8})(?:[ \t]*;.*)?$/;
const lineEnd = '\r\n';

/** Reads the whole body. @throws HttpError if it is longer than it may be, or if the head is not clear about it */
export async function readBody(reader: RequestReader, headers: ReadonlyMap<string, string>): Promise<Buffer> {
  const coding = headers.get('transfer-encoding');
  const announced = headers.get('content-length');
  // A request with both is a way to make two servers see different requests (RFC 9112 §6.1).
  if (coding !== undefined && announced !== undefined) throw new HttpError(400, 'both a length and chunks');
  if (coding !== undefined && coding.toLowerCase() !== 'chunked') throw new HttpError(501, `transfer coding ${coding}`);
  if (announced !== undefined && !length.test(announced)) throw new HttpError(400, 'not a length');
  const bytes = Number(announced ?? 0);
  if (bytes > reader.bodyLimitBytes) throw new HttpError(413, 'the body is too long');
  if (coding === undefined && bytes === 0) return none;
  if (headers.get('expect')?.toLowerCase() === '100-continue') await reader.sayContinue();
  return coding === undefined ? reader.bytes(bytes) : readChunks(reader);
}

async function readChunks(reader: RequestReader): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const [, size] = chunkSize.exec(await reader.line()) ?? [];
    if (size === undefined) throw new HttpError(400, 'not a chunk');
    const bytes = Number.parseInt(size, 16);
    if (bytes === 0) break;
    total += bytes;
    if (total > reader.bodyLimitBytes) throw new HttpError(413, 'the body is too long');
    const chunk = await reader.bytes(bytes + lineEnd.length);
    if (chunk.toString('latin1', bytes) !== lineEnd) throw new HttpError(400, 'a chunk is longer than it says');
    chunks.push(chunk.subarray(0, bytes));
  }
  // Fields behind the body: nobody here asks for them.
  while ((await reader.line()) !== '');
  return Buffer.concat(chunks, total);
}
