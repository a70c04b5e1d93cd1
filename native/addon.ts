/** Finds and loads the C++ addon. What it exports is declared here and nowhere else. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BatchCallback } from './contract/batch.js';
import type { SctpStack } from './contract/sctp.js';
import type { SteppedSctpStack } from './contract/stepped.js';
import type { TcpStack } from './contract/tcp.js';
import type { UdpStack } from './contract/udp.js';

/** The addon's exports. Each environment (main thread or worker) that loads it has its own. */
/** Waits of the loop without sleep: those of dialogues, those that sockets ask for (`busyPollUs`), and of each how often nothing came in that time. */
export interface BusyWaits {
  readonly waits: number;
  readonly inVain: number;
  readonly polls: number;
  readonly pollsInVain: number;
}

export interface Addon {
  /** A new stack. It lives until its environment ends, whether or not the object is kept. */
  embeddedSctp(onBatch: BatchCallback): SctpStack;
  /** The embedded stack by the time of its caller, with random numbers of a seed of 32 bits. It goes when nothing refers to it any more. */
  steppedSctp(seed: number): SteppedSctpStack;
  /** The same over the kernel's SCTP. Where the kernel has none, opening a socket fails. */
  kernelSctp(onBatch: BatchCallback): SctpStack;
  /** 0 if this kernel has SCTP, else the negative errno that says why not. */
  kernelSctpStatus(): number;
  /** A new stack over the kernel's TCP and its local stream sockets. It lives as {@link embeddedSctp}'s. */
  kernelTcp(onBatch: BatchCallback): TcpStack;
  /** A new stack over the kernel's UDP. */
  kernelUdp(onBatch: BatchCallback): UdpStack;
  /** The longest time in which this environment's loop waits for the next message of a dialogue without sleep, in microseconds; 0: it sleeps at once. */
  setBusyWait(microseconds: number): void;
  busyWaits(): BusyWaits;
}

const require = createRequire(import.meta.url);

/** The package's native folder, seen from the sources (native/) and from what was built of them (dist/native/). */
function nativeFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return existsSync(join(here, 'binding.gyp')) ? here : join(here, '../../native');
}

/**
 * Loads the addon: the file that `MAILPORT_ADDON` in the environment names, else what node-gyp has built or a prebuilt binary of the package.
 *
 * @param folder where `build` and `prebuilds` are
 * @throws Error that says what to run, with the loader's error as its cause
 */
export function loadAddon(folder: string = nativeFolder()): Addon {
  const override = process.env.MAILPORT_ADDON;
  try {
    if (override !== undefined && override !== '') return require(override) as Addon;
    const load = require('node-gyp-build') as (folder: string) => Addon;
    return load(folder);
  } catch (cause) {
    const what =
      override !== undefined && override !== ''
        ? `MAILPORT_ADDON names ${override}, which cannot be loaded`
        : `there is no native addon for ${process.platform}-${process.arch}; in a checkout of mailport run \`npm run build\`, in another project build it once: \`npx node-gyp rebuild -C node_modules/mailport/native\``;
    throw new Error(`mailport: ${what}`, { cause });
  }
}
