/** The ping-pong of the actors' benchmarks by bare promises: `promisePingPong.js MEASUREMENT` prints one figure. */
import { printMeasurement } from './printed.js';

type Ping = readonly ['ping', (pong: readonly ['pong']) => void] | readonly ['stop'];

async function pingPong(count: number): Promise<number> {
  let wakePong: (ping: Ping) => void = () => {};
  let wakePing: (pong: readonly ['pong']) => void = () => {};
  const nextPing = () => new Promise<Ping>((resolve) => (wakePong = resolve));
  const nextPong = () => new Promise<readonly ['pong']>((resolve) => (wakePing = resolve));
  const startedMs = performance.now();
  const pong = (async () => {
    for (;;) {
      const message = await nextPing();
      if (message[0] === 'stop') return;
      message[1](['pong']);
    }
  })();
  for (let left = count / 2; left > 0; left -= 1) {
    const answered = nextPong();
    wakePong(['ping', wakePing]);
    await answered;
  }
  wakePong(['stop']);
  await pong;
  return (count * 1000) / (performance.now() - startedMs);
}

await printMeasurement({ ping_pong: [pingPong, 4_000_000] });
