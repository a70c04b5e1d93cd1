/** Options that the stack keeps: set all or none of a list, and read. */
import { constants } from 'node:os';
import { type OptionReason, reasonOf, SocketError } from './errors.js';
import type { InetHandle } from './inetHandle.js';
import type { InetCodec, RawOption } from './inetOptions.js';
import type { AskedRaw, InetSetting } from './inetPlan.js';
import type { Words } from './optionCodec.js';

/** Why an option was not set. Beyond 'einval' and 'enotsup' only options of multicast say more. */
export type InetOptionReason = OptionReason | 'eaddrinuse' | 'eaddrnotavail' | 'enodev' | 'enobufs' | 'enomem';

const notSupported = -constants.errno.ENOTSUP;

/** A setting that has been made, and the way back. */
interface Done {
  readonly name: string;
  /** 0 or a negative errno. */
  putBack(): number;
}

/**
 * Sets options from the last to the first (FC-12). If one is refused, those before it are put back (FC-13). Those that cannot be put back are set last.
 *
 * @throws SocketError 'einval', 'enotsup' (this system has no such option), or for options that tell more the system's own reason (TO-2, UG-2)
 */
export function applyInet(at: InetHandle, settings: readonly InetSetting[], syscall: string): void {
  const done: Done[] = [];
  const inOrder = settings.toReversed();
  const lasting = inOrder.filter((setting) => !isFinal(setting));
  const final = inOrder.filter(isFinal);
  for (const setting of [...lasting, ...final]) {
    const result = applyOne(at, setting, done);
    if (result === 0) continue;
    const lost = done.toReversed().filter((each) => each.putBack() !== 0);
    throw refusal(setting, result, syscall, lost);
  }
}

/** The same for a socket that is closed if an option is refused: there is nothing to be put back, so no former value is asked for. */
export function applyToNew(at: InetHandle, settings: readonly InetSetting[], syscall: string): void {
  const final: InetSetting[] = [];
  for (let index = settings.length - 1; index >= 0; index -= 1) {
    const setting = settings[index]!;
    if (isFinal(setting)) final.push(setting);
    else set(at, setting, syscall);
  }
  for (const setting of final) set(at, setting, syscall);
}

/** @throws SocketError */
function set({ stack, handle }: InetHandle, setting: InetSetting, syscall: string): void {
  const result =
    'raw' in setting
      ? stack.setRawOption(handle, ...setting.raw)
      : stack.setOption(handle, setting.codec.number, setting.codec.encode(setting.value, [], setting.name));
  if (result !== 0) throw refusal(setting, result, syscall, []);
}

/** It can be set, and not put back. */
function isFinal(setting: InetSetting): boolean {
  return 'codec' in setting && setting.codec.writeOnly === true && setting.codec.inverse === undefined;
}

function applyOne(at: InetHandle, setting: InetSetting, done: Done[]): number {
  if ('raw' in setting) return applyRaw(at, setting.raw, done);
  const { stack, handle } = at;
  const { name, codec, value } = setting;
  const before = codec.writeOnly === true ? [] : stack.getOption(handle, codec.number);
  if (typeof before === 'number') return before;
  const words = codec.encode(value, before, name);
  const result = stack.setOption(handle, codec.number, words);
  if (result === 0) done.push({ name, putBack: () => putBack(at, codec, words, before) });
  return result;
}

function applyRaw({ stack, handle }: InetHandle, [level, option, value]: RawOption, done: Done[]): number {
  const before = stack.getRawOption(handle, level, option, value.length);
  const result = stack.setRawOption(handle, level, option, value);
  const back = typeof before === 'number' ? undefined : Uint8Array.from(before);
  // Some options of the system can be set and not read: these stay set.
  if (result === 0)
    done.push({
      name: 'raw',
      putBack: () => (back === undefined ? notSupported : stack.setRawOption(handle, level, option, back)),
    });
  return result;
}

function putBack({ stack, handle }: InetHandle, codec: InetCodec, words: Words, before: Words): number {
  if (codec.inverse !== undefined) return stack.setOption(handle, codec.inverse, words);
  if (codec.writeOnly === true) return notSupported;
  let failure = 0;
  for (const list of codec.undo?.(before) ?? [before]) failure ||= stack.setOption(handle, codec.number, list);
  return failure;
}

function refusal(setting: InetSetting, result: number, syscall: string, lost: readonly Done[]): SocketError<InetOptionReason> {
  const system = reasonOf(-result);
  const what = 'raw' in setting ? `raw ${setting.raw[0]}, ${setting.raw[1]}` : setting.name;
  const why = refusals[system] ?? `${system}: the system does not take this value for this socket`;
  const rest = lost.length === 0 ? '' : `; the former value of ${lost.map(({ name }) => name).join(', ')} was refused, too`;
  const own = result === notSupported || ('codec' in setting && setting.codec.tellsReason === true);
  return new SocketError((own ? system : 'einval') as InetOptionReason, syscall, { detail: `${what}: ${why}${rest}` });
}

/** What helps when the system refuses an option, by its reason. */
const refusals: { readonly [reason: string]: string } = {
  enotsup: 'this system has no such option',
  enoprotoopt: 'enoprotoopt: this system has no such option',
  eperm: 'eperm: it takes privileges',
  enodev: 'enodev: there is no such network interface on this host',
  eaddrnotavail: 'eaddrnotavail: no interface of this host has this address, or there is no such membership to drop',
  eaddrinuse: 'eaddrinuse: the socket has this membership already',
  enobufs: 'enobufs: the system allows no more memberships (net.ipv4.igmp_max_memberships)',
};

/** The value of an option, undefined if the stack refuses to tell (TO-3). */
export function readInet({ stack, handle }: InetHandle, codec: InetCodec): unknown {
  const words = stack.getOption(handle, codec.number);
  return typeof words === 'number' ? undefined : codec.decode(words, undefined);
}

/** An option of the system as getsockopt gives it; nothing if it refuses (TO-9). */
export function readRaw({ stack, handle }: InetHandle, { level, option, bytes }: AskedRaw): RawOption[] {
  const value = stack.getRawOption(handle, level, option, bytes);
  return typeof value === 'number' ? [] : [[level, option, value]];
}
