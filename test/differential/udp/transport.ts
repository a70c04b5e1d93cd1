/** UDP in scripts: `s<c: "hello"` for a message of socket s that came from c, `<c: "hello"` for what recv gives, ` {ttl=64}` behind it, `s passive`, `s! econnrefused`. */
import type { Renderer } from '../harness/render.js';
import type { Transport } from '../harness/transport.js';
import { isArray, isIp, isLocal, isNamed, isOptions, type Value } from '../harness/value.js';

export const udpTransport: Transport = {
  opens: ([name, socket]) => (name === 'open' ? (socket as string) : undefined),
  shown,
};

function shown(value: Value, renderer: Renderer): string | undefined {
  if (!isArray(value)) return undefined;
  const [tag, socket, ...rest] = value;
  if (isNamed(socket) && tag === 'udp') return `${socket.named}${datagram(rest, renderer)}`;
  if (isNamed(socket) && tag === 'udp_error') return `${socket.named}! ${renderer.text(rest[0])}`;
  if (isNamed(socket) && tag === 'udp_passive') return `${socket.named} passive`;
  const isDatagram = (isIp(tag) || isLocal(tag) || isArray(tag)) && typeof socket === 'number' && value.length > 2;
  return isDatagram ? datagram(value, renderer) : undefined;
}

/** Address, port and data; with ancillary data before the data, which is shown behind it. */
function datagram(value: readonly Value[], renderer: Renderer): string {
  const [ip, port] = value;
  const from = isIp(ip) ? renderer.address(ip, port as number) : renderer.text(ip);
  const anc = value.length === 4 ? ` {${ancillary(value[2]!, renderer)}}` : '';
  return `<${from}: ${renderer.text(value.at(-1))}${anc}`;
}

/** In the order of their names, because OTP and mailport have orders of their own. */
function ancillary(anc: Value, renderer: Renderer): string {
  const pairs = isOptions(anc) ? anc.options : (anc as readonly (readonly [string, Value])[]);
  return pairs
    .map(([name, value]) => `${name}=${renderer.text(value)}`)
    .sort()
    .join(' ');
}
