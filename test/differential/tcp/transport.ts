/** TCP in scripts: `s: "hello"` for a message of socket s, `s closed`, `s passive`, `s! econnreset`. */
import { crc32 } from 'node:zlib';
import { patienceMs } from '../../support/patience.js';
import type { Renderer } from '../harness/render.js';
import type { AnyCall } from '../harness/script.js';
import type { Transport } from '../harness/transport.js';
import { isArray, isNamed, type Value } from '../harness/value.js';
import { tcpStates } from './script.js';

/** Level and number of TCP_INFO, whose first byte is the state, in Linux include/uapi/linux/tcp.h. */
const tcpInfo = [6, 11] as const;

export const tcpTransport: Transport = {
  opens: ([name, first, second]: AnyCall) => {
    if (name === 'listen' || name === 'connect') return first as string;
    return name === 'accept' ? (second as string) : undefined;
  },
  shown,
  steps: { awaitState },
};

function shown(value: Value, renderer: Renderer): string | undefined {
  if (!isArray(value) || !isNamed(value[1])) return undefined;
  const [tag, { named }, content] = value;
  if (tag === 'tcp') return `${named}: ${renderer.text(content)}`;
  if (tag === 'tcp_error') return `${named}! ${renderer.text(content)}`;
  return tag === 'tcp_closed' || tag === 'tcp_passive' ? `${named} ${tag.slice('tcp_'.length)}` : undefined;
}

async function awaitState(perform: (call: AnyCall) => Promise<string>, socket: string, state: keyof typeof tcpStates) {
  const wanted = `<1 bytes ${crc32(Buffer.from([tcpStates[state]]))}>`;
  const limit = Date.now() + patienceMs;
  for (;;) {
    const seen = await perform(['getopts', socket, [['raw', ...tcpInfo, 1]]]);
    if (seen.includes(wanted)) return 'ok';
    if (seen.startsWith('error') || seen.startsWith('raises') || Date.now() > limit) return `${seen}, not ${wanted}`;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
