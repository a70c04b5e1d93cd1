/** examples/telemetry.ts as users run it: measurements come, are added up, and are printed. */
import { createSocket } from 'node:dgram';
import { expect, onTestFinished, test } from 'vitest';
import { Program } from './program.js';

async function telemetry() {
  const program = new Program('telemetry', 0, 50);
  const [, port] = await program.prints(/listens on 127\.0\.0\.1:(\d+)/);
  const socket = createSocket('udp4');
  onTestFinished(() => {
    socket.close();
  });
  const say = (datagram: string | Buffer): Promise<void> =>
    new Promise((resolve, reject) =>
      socket.send(datagram, Number(port), '127.0.0.1', (error) => (error === null ? resolve() : reject(error))),
    );
  return { program, say };
}

test('values of a name are added up, whichever datagram they come in', async () => {
  const { program, say } = await telemetry();
  await say('load:0.5\nload:1.5\ntemperature:-3\n');
  await program.prints(/^load: 2 values, 0\.5 to 1\.5, mean 1$/m);
  await program.prints(/^temperature: 1 values, -3 to -3, mean -3$/m);
});

test('what cannot be used is counted, and names have a limit', async () => {
  const { program, say } = await telemetry();
  await say(Buffer.from([0xff, 0xfe, 0, 10]));
  await say('no value\nload:high\n:1\n');
  await program.prints(/^[1-4] lines were not used$/m);
  for (let first = 0; first < 2000; first += 100) {
    await say(Array.from({ length: 100 }, (_, n) => `name${first + n}:1`).join('\n'));
  }
  await program.prints(/^name0: /m);
});

test('more datagrams than the sink asks for at a time are no fewer for that', async () => {
  const { program, say } = await telemetry();
  const sent = 5000;
  for (let n = 0; n < sent; n += 1) await say('hits:1');
  const hits = (): number =>
    [...program.output.matchAll(/^hits: (\d+) values/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
  while (hits() < sent)
    await program.prints(new RegExp(`(?:^hits: [^]*){${[...program.output.matchAll(/^hits: /gm)].length + 1}}`, 'm'));
  expect(hits()).toBe(sent);
});
