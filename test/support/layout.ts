/**
 * The architecture as a checker: which file may import or include which, and what no file may hold. It reads text, not syntax trees, so it
 * sees every file of the checkout in a moment. `test/layout.test.ts` runs it over the checkout and over small wrong ones.
 */
import { dirname, join } from 'node:path/posix';
import { importsOf, includesOf, resolveImport, type SourceFile } from './imports.js';

/** `path:line: what is wrong` for each rule broken, in the order of the files. */
export function layoutViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => [
    ...nameViolations(file),
    ...wordViolations(file),
    ...(/\.m?ts$/.test(file.path) ? importViolations(file) : []),
    ...(/\.(h|cc|cpp|c)$/.test(file.path) ? includeViolations(file) : []),
    ...(file.path === 'package-lock.json' ? lockViolations(file) : []),
  ]);
}

const report = ({ path, text }: SourceFile, index: number, what: string) =>
  `${path}:${text.slice(0, index).split('\n').length}: ${what}`;

// TypeScript ------------------------------------------------------------------------------------------------------------------------------

/** Which top folder may import which; a folder may always import itself. What is not listed here (test, scripts) is free. */
const arrows: Record<string, readonly string[]> = {
  runtime: [],
  native: [],
  actors: ['runtime', 'native'],
  examples: ['actors'],
  bench: ['actors'],
};

const transports = ['sctp', 'tcp', 'udp'];
const socketModules = /^(node:)?(net|dgram|tls|http|https|http2|dns)(\/|$)/;

/**
 * Doors of a folder besides its index: what ports of sockets, behaviours and simulated runs, and nobody else, need of the runtime; and a transport over stacks
 * that are not the machine's.
 */
const sideDoors = [
  'runtime/port.ts',
  'runtime/ports.ts',
  'runtime/behaviour.ts',
  'runtime/simulation.ts',
  'actors/tcp/open.ts',
  'actors/tcp/below.ts',
  'actors/tcp/duplex.ts',
  'actors/tcp/duplexTcp.ts',
  'actors/udp/open.ts',
  'actors/sctp/open.ts',
];

/** Who may know which numbers that the addon and TypeScript agree on. Numbers not listed are for the transport of their name. */
const partiesTo: Readonly<Record<string, readonly string[]>> = {
  batch: ['socket', 'sctp', 'tcp', 'udp', 'tls', 'testing'],
  sctp: ['sctp', 'testing'],
  carrier: ['sctp', 'testing'],
  stepped: ['testing'],
  inet: ['socket', 'tcp', 'udp', 'tls', 'testing'],
  tcp: ['tcp', 'tls', 'testing'],
  udp: ['udp', 'testing'],
};

function importViolations(file: SourceFile): string[] {
  return importsOf(file).flatMap(({ specifier, index }) => {
    const wrong = importViolation(file.path, specifier);
    return wrong === undefined ? [] : [report(file, index, wrong)];
  });
}

function importViolation(from: string, specifier: string): string | undefined {
  const fromTop = topFolder(from);
  const allowed = arrows[fromTop];
  if (allowed === undefined) return undefined;
  if (fromTop === 'runtime' && socketModules.test(specifier)) return `runtime knows nothing of sockets, yet imports ${specifier}`;
  const target = resolveImport(from, specifier);
  if (target === undefined) return undefined;
  const targetTop = topFolder(target);
  if (targetTop !== fromTop && !allowed.includes(targetTop)) return `${fromTop} must not import ${targetTop} (${specifier})`;
  if (targetTop === 'native' && fromTop !== 'native') return nativeViolation(from, target, specifier);
  return transportViolation(from, target, specifier) ?? doorViolation(from, target, specifier);
}

/** The numbers that the addon and a transport agree on are for their parties; the addon itself is for the file that chooses stacks. */
function nativeViolation(from: string, target: string, specifier: string): string | undefined {
  const contract = /^native\/contract\/(\w+)\.ts$/.exec(target)?.[1];
  if (contract === undefined) {
    return /^actors\/\w+\/stacks\.ts$/.test(from) ? undefined : `only a stacks.ts touches the addon (${specifier})`;
  }
  const folders = partiesTo[contract] ?? [contract];
  const isPartyTo = folders.some((folder) => moduleFolder(from) === `actors/${folder}`);
  return isPartyTo ? undefined : `${moduleFolder(from)} is no party to the contract of ${contract} (${specifier})`;
}

function transportViolation(from: string, target: string, specifier: string): string | undefined {
  const [fromFolder, targetFolder] = [moduleFolder(from), moduleFolder(target)];
  const targetTransport = transports.find((name) => targetFolder === `actors/${name}`);
  if (targetTransport === undefined || fromFolder === targetFolder) return undefined;
  if (transports.some((name) => fromFolder === `actors/${name}`)) return `transports never import each other (${specifier})`;
  if (fromFolder === 'actors/socket') return `what transports share must not know ${targetTransport} (${specifier})`;
  return undefined;
}

function doorViolation(from: string, target: string, specifier: string): string | undefined {
  const targetFolder = moduleFolder(target);
  if (moduleFolder(from) === targetFolder || target === `${targetFolder}/index.ts` || sideDoors.includes(target))
    return undefined;
  return `outsiders import ${targetFolder}/index.ts, not ${specifier}`;
}

const topFolder = (path: string) => path.split('/')[0] ?? '';

/** `actors/sctp` of `actors/sctp/events/assoc.ts`, `runtime` of `runtime/pid.ts`, `actors` of `actors/index.ts`. */
function moduleFolder(path: string): string {
  const parts = path.split('/');
  return parts[0] === 'actors' && parts.length > 2 ? `actors/${parts[1]}` : (parts[0] ?? '');
}

// C++ -------------------------------------------------------------------------------------------------------------------------------------

const nodeApi = /^(napi|napi-inl|node_api|js_native_api|node|v8)\.h$/;

/** The engine gets packets and the time and gives packets: whatever could get it either by itself is out. */
const notInTheEngine =
  /^(uv\.h|uv\/.*|sys\/.*|netinet\/.*|arpa\/.*|net\/.*|linux\/.*|netdb\.h|poll\.h|unistd\.h|fcntl\.h|pthread\.h|time\.h|signal\.h|(c?thread|chrono|c?mutex|shared_mutex|condition_variable|future|semaphore|random|ctime|csignal))$/;

function includeViolations(file: SourceFile): string[] {
  return includesOf(file).flatMap(({ header, index }) => {
    const wrong = includeViolation(file.path, header);
    return wrong === undefined ? [] : [report(file, index, wrong)];
  });
}

function includeViolation(from: string, header: string): string | undefined {
  const layer = /^native\/src\/(sctp|framing|io|kernel_sctp|addon)\//.exec(from)?.[1];
  if (layer === undefined) return undefined;
  if (layer !== 'addon' && nodeApi.test(header)) return `only native/src/addon includes ${header}`;
  if (layer === 'sctp' && notInTheEngine.test(header))
    return `the engine has no sockets, clock, threads or randomness, yet includes ${header}`;
  if (layer === 'framing' && (notInTheEngine.test(header) || header.includes('/')))
    return `framing turns bytes into packets and knows nothing else, yet includes ${header}`;
  if (layer !== 'addon' && /(^|\/)addon\//.test(header)) return `${layer} must not include addon (${header})`;
  if (layer === 'sctp' && /(^|\/)io\//.test(header)) return `the engine must not include io (${header})`;
  // Of the engine, system calls need only its plain values, its options and its readers of packets.
  if ((layer === 'io' || layer === 'kernel_sctp') && /(^|\/)sctp\/(?!types\.h|option\.h|packet\/)/.test(header))
    return `${layer} must not include the engine (${header})`;
  if ((layer === 'sctp' || layer === 'io') && /(^|\/)kernel_sctp\//.test(header))
    return `${layer} must not include kernel_sctp (${header})`;
  return layer === 'sctp' ? engineViolation(from, header) : undefined;
}

/** The rooms of the engine whose parts see little, and what each may include of the engine beside itself. The other files compose them. */
const plain = ['types', 'host', 'option', 'timers', 'ring', 'give_back', 'lazily', 'shared', 'stream_table', 'assoc_counters'];
const path = ['path', 'path_set', 'rack', 'tail_probe', 'rate_reduction', 'regret'];
const handler = [...plain, ...path, 'capabilities', 'context', 'cookie', 'socket_options'];
const engineRooms: readonly (readonly [room: RegExp, may: readonly string[]])[] = [
  [/^packet\//, plain],
  [/^[rt]x\//, [...plain, ...path]],
  [/^(handshake|shutdown|heartbeat)\./, handler],
];

function engineViolation(from: string, header: string): string | undefined {
  const file = from.replace('native/src/sctp/', '');
  const may = engineRooms.find(([room]) => room.test(file))?.[1];
  if (may === undefined || !header.endsWith('.h')) return undefined;
  const target = join(dirname(file), header).replace(/\.h$/, '');
  const isOwn = dirname(target) !== '.' && dirname(target) === dirname(file);
  if (isOwn || target === file.replace(/\.\w+$/, '') || target.startsWith('packet/') || may.includes(target)) return undefined;
  return `this part of the engine must not know ${target} (${header})`;
}

// Every file ------------------------------------------------------------------------------------------------------------------------------

const vagueName = /^(utils?|helpers?|common|managers?|misc)$/i;

function nameViolations({ path }: SourceFile): string[] {
  const words = path.split('/').flatMap((part) => part.split(/[-_.]|(?<=[a-z])(?=[A-Z])/));
  const vague = words.find((word) => vagueName.test(word));
  return vague === undefined ? [] : [`${path}:1: '${vague}' names nothing; say what it holds`];
}

// The pattern is written so that this file does not hold the text that it looks for.
const unfinished = /\b(TO(?:DO)|FIX(?:ME))\b/g;
const machinePath = /(?<![\w.~$})\]-])\/(?:work|home|root|Users)\//g;

function wordViolations(file: SourceFile): string[] {
  return [
    ...[...file.text.matchAll(unfinished)].map((match) => report(file, match.index, `${match[0]}: finish it or open an issue`)),
    ...[...file.text.matchAll(machinePath)].map((match) => report(file, match.index, `${match[0]} is a path of one machine`)),
  ];
}

function lockViolations(file: SourceFile): string[] {
  return [...file.text.matchAll(/"resolved":/g)].map((match) =>
    report(file, match.index, 'the lock must name no download address'),
  );
}
