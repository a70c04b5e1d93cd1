/**
 * The functions of gen_sctp that need no socket: `open`, `stack`, `errorString`. They are made for the stacks that they are given, so that tests can give a stack of
 * their own.
 */
import type { SctpOpenParams } from '../../native/contract/sctp.js';
import { type AnySelf, BadArg, isAlive, type Pid } from '../../runtime/index.js';
import {
  charging,
  checkLivingCaller,
  defaultWatermarks,
  literalAddress,
  openActive,
  resolveAddress,
  SocketError,
} from '../socket/index.js';
import { checkDatagrams, type DatagramsOptions, SctpCarrier } from './carrier.js';
import { SctpEnvironment } from './environment.js';
import { errorStrings } from './errorStrings.js';
import { sctpError, stackError } from './failure.js';
import { checkMemory, memoryOf, type SctpMemory, type SctpMemoryLimits } from './memory.js';
import { type OpenPlan, planOpen, type SctpOpenOptions } from './openOptions.js';
import type { OptionList } from './options.js';
import { PacketTaker } from './packetTaker.js';
import type { Environment, SocketSetup } from './parts.js';
import type { OpenReason } from './reasons.js';
import { SctpSocket } from './socket.js';
import { chooseStack, openerOf, type StackChoice, type StackName, type StackOpeners } from './stacks.js';

/** The surface of gen_sctp. */
export interface Sctp {
  /**
   * Opens a socket that `self` owns. The port is a number, or the name of a service; 0, the default, is any port that is free. `active` counts from the opening on:
   * with 0 or a negative number the passive message is in the mailbox when the promise resolves (FC-10). If something fails nothing is left open.
   *
   * @throws BadArg naming an argument or option, also where the stack finds an option's value invalid (OPN-2, OPN-3)
   * @throws SocketError 'eaddrinuse' | 'eaddrnotavail' | 'eacces' | 'nxdomain' | 'esocktnosupport' | ... (OPN-2, OPN-4)
   */
  open(self: AnySelf, options?: SctpOpenOptions | OptionList<SctpOpenOptions>): Promise<SctpSocket>;
  open(self: AnySelf, port: number | string, options?: SctpOpenOptions | OptionList<SctpOpenOptions>): Promise<SctpSocket>;
  /**
   * A carrier: it carries the packets of sockets of the embedded stack over datagrams of any kind, a tunnel's, a test's, or those of a protocol like DTLS. A socket
   * is opened over it with the option `carrier`, and is like any other socket then. See `DatagramsOptions` for what `send` is called with, and `SctpCarrier` for
   * `receive` and `close`. The carrier belongs to no actor, and lives until it is closed.
   *
   * @throws BadArg naming the option
   * @example
   * const carrier = sctp.overDatagrams({ send: (packet) => tunnel.write(packet), mtu: 1200 });
   * tunnel.on('packet', (packet) => carrier.receive(packet));
   * const socket = await sctp.open(self, { carrier });
   * await socket.connect(carrier.remoteAddress, 5000);
   */
  overDatagrams(options: DatagramsOptions): SctpCarrier;
  /** The stack that `open` takes by default, and why. */
  stack(): StackChoice;
  /** The meaning of an SCTP cause code; 'ok' for 0, 'unknown_error' for a number that is no code (ES). @throws BadArg unless an integer */
  errorString(code: number): string;
  /**
   * The memory that peers make all sockets of the embedded stack hold in this environment: data that they send and nobody has read, and data that they do not
   * acknowledge. Each has a limit of 536870912 bytes, which `maxHeldBytes` and `maxSendingBytes` change, to 65536 or more. The options of `open` that have these
   * names are limits of one socket.
   *
   * @throws BadArg naming the limit; then neither is changed
   */
  memory(limits?: SctpMemoryLimits): SctpMemory;
  /** The sockets of this environment that are open. */
  openSockets(): SctpSocket[];
}

const overCarrier: StackChoice = { name: 'embedded', why: 'carriers are of this stack' };

/** Bytes, as in Erlang (OPN-5). */
const defaultBuffer = 65536;

/**
 * gen_sctp over the stacks that `openers` open, each with its first socket.
 *
 * @param usual the stack without the option `stack`, whatever MAILPORT_SCTP says; undefined: as `chooseStack` says
 */
export function createSctp(openers: StackOpeners, usual?: StackChoice): Sctp {
  const choose = (wanted?: StackName): StackChoice =>
    wanted === undefined && usual !== undefined ? usual : chooseStack(openers, wanted);
  const environments = new Map<StackName, Environment<SctpSocket>>();
  const environmentOf = (choice: StackChoice): Environment<SctpSocket> => {
    const opener = openerOf(openers, choice);
    let environment = environments.get(choice.name);
    if (environment === undefined) {
      environment = new SctpEnvironment(opener);
      environments.set(choice.name, environment);
    }
    return environment;
  };
  const open: Sctp['open'] = (
    self: AnySelf,
    first?: number | string | SctpOpenOptions | OptionList<SctpOpenOptions>,
    second?: SctpOpenOptions | OptionList<SctpOpenOptions>,
  ) => {
    const owner = checkLivingCaller(self);
    const hasPort = second !== undefined || typeof first !== 'object';
    const plan = hasPort ? planOpen(first, second) : planOpen(undefined, first);
    openActive(plan.options.active);
    const choice = plan.carriers.length === 0 ? choose(plan.stack) : overCarrier;
    if (plan.carriers.some(({ stack }) => stack !== environmentOf(choice).stack))
      throw new BadArg('options.carrier', 'was made by another sctp');
    return charging(
      owner,
      openPlanned(() => environmentOf(choice), self, owner, plan),
    );
  };
  return {
    open,
    overDatagrams: (options) => {
      const checked = checkDatagrams(options);
      return new SctpCarrier(environmentOf(overCarrier), checked);
    },
    stack: () => choose(),
    errorString: (code) => {
      if (!Number.isInteger(code)) throw new BadArg('code', 'must be an integer');
      return errorStrings[code] ?? 'unknown_error';
    },
    memory: (limits) => {
      const checked = checkMemory(limits);
      return memoryOf(environmentOf(choose('embedded')).stack, checked);
    },
    openSockets: () =>
      [...environments.values()].flatMap((environment) =>
        environment.sockets.takers().flatMap((taker) => (taker instanceof PacketTaker ? [] : [taker.socket])),
      ),
  };
}

async function openPlanned(
  environmentOf: () => Environment<SctpSocket>,
  self: AnySelf,
  owner: Pid,
  plan: OpenPlan,
): Promise<SctpSocket> {
  const environment = environmentOf();
  const addresses: string[] = [];
  for (const address of plan.carriers.length === 0 ? plan.addresses : []) {
    addresses.push(literalAddress(address, plan.family, 'open') ?? (await resolveAddress(address, plan.family, 'open')));
  }
  if (!isAlive(owner)) throw self.signal.reason;
  return bindSocket(environment, self, owner, plan, addresses);
}

/** From here on nothing waits: in the end there is a socket with an owner, or there is nothing. */
function bindSocket(
  environment: Environment<SctpSocket>,
  self: AnySelf,
  owner: Pid,
  plan: OpenPlan,
  addresses: readonly string[],
): SctpSocket {
  const { port, family, oneToOne, ipv6Only, encapsPort, remoteEncapsPort, recbuf, reuseaddr, bindToDevice, netns, options } =
    plan;
  const { carriers, overIp } = plan;
  if (carriers.some(({ isOpen }) => !isOpen)) throw sctpError<OpenReason>('closed', 'open');
  const params: SctpOpenParams = {
    port,
    addresses,
    family,
    oneToOne,
    ipv6Only,
    encapsPort,
    remoteEncapsPort,
    recbuf,
    reuseaddr,
    bindToDevice,
    ...(netns === undefined ? {} : { netns }),
    ...(overIp ? { overIp } : {}),
    ...(carriers.length === 0 ? {} : { carriers: carriers.map((carrier) => carrier.handle) }),
  };
  const handle = environment.stack.open(params);
  if (handle < 0) {
    throw openError(stackError<OpenReason>(environment.stack, handle, 'open', { address: addresses.join(), port }));
  }
  const bound = environment.stack.sockname(handle);
  const setup: SocketSetup = {
    handle,
    family,
    oneToOne,
    beside: false,
    port: typeof bound === 'number' ? port : bound.port,
    kept: {
      mode: 'binary',
      buffer: defaultBuffer,
      netns,
      nonBlockSend: false,
      marks: defaultWatermarks,
    },
  };
  try {
    const socket = SctpSocket.create(environment, owner, setup, options);
    if (socket !== undefined) return socket;
  } catch (error) {
    throw openError(error);
  }
  throw self.signal.reason;
}

/** A value that the stack finds invalid while opening is a mistake of the caller (OPN-2). */
function openError(error: unknown): unknown {
  return error instanceof SocketError && error.reason === 'einval' ? new BadArg('options', error.message) : error;
}
