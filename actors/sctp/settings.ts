/** Options that the stack keeps: set all or none of a list, read, and handed on to a peeled-off socket. */
import { constants } from 'node:os';
import type { Handle, SctpStack } from '../../native/contract/sctp.js';
import { type OptionReason, reasonOf, SocketError, type Words } from '../socket/index.js';
import type { StackSetting } from './options.js';
import { keyOf, type OptionKey, type StackOption } from './stackOption.js';
import type { StackSocket } from './stackSocket.js';

const notSupported = -constants.errno.ENOTSUP;

/** What helps, where the stack says why it refuses an option. */
function remedy(failure: number, name: string): string | undefined {
  if (failure === -constants.errno.EACCES && /sctp(Auth|Hmac)/.test(name)) {
    return 'chunks are not authenticated here: set sctpAuthSupported, for an association on both ends before it begins';
  }
  if (failure === -constants.errno.EPERM && name.includes('sctpSetPeerPrimaryAddr')) {
    return 'the two ends do not change addresses: set sctpAsconfSupported and sctpAuthSupported on both before they associate';
  }
  return undefined;
}

/** The words that were in force before a setting: of its key, and for an association with all its paths of each path, too. */
interface Former {
  readonly key: OptionKey;
  readonly words: Words;
}

interface Done {
  readonly setting: StackSetting;
  readonly former: readonly Former[];
}

/**
 * Sets options from the last to the first (FC-12), each over what is in force. If one is refused, those before it are put back (FC-13). Write-only options
 * cannot be put back, so they are applied last, but for those that need them (`rank`). If a later setting fails, they stay set.
 *
 * @throws SocketError 'enotsup' if the stack does not have the option at all, else 'einval'; the stack's own reason is in the message (SO-1)
 */
export function applySettings(at: StackSocket, settings: readonly StackSetting[], syscall: string): void {
  const done: Done[] = [];
  const rank = ({ option }: StackSetting): number => option.rank ?? (option.writeOnly === true ? 1 : 0);
  const inOrder = settings.toReversed().sort((a, b) => rank(a) - rank(b));
  for (const setting of inOrder) {
    const failure = applySetting(at, setting, done);
    if (failure === 0) continue;
    const lost = done.toReversed().filter((put) => !putBack(at, put));
    throw refusal(
      at.stack,
      failure,
      setting.name,
      syscall,
      lost.map((put) => put.setting.name),
    );
  }
}

/** The error of an option that the stack answered with a negative errno; `lost` are those that could not be put back. */
export function refusal(
  stack: SctpStack,
  failure: number,
  name: string,
  syscall: string,
  lost: readonly string[] = [],
): SocketError<OptionReason> {
  const isSupported = failure !== notSupported;
  const why = isSupported
    ? `${reasonOf(-failure)}: ${remedy(failure, name) ?? `the ${stack.name} stack does not take this value, or knows no such association or address`}`
    : `the ${stack.name} stack cannot do this: docs/sctp.md says which can`;
  const rest = lost.length === 0 ? '' : `; the former value of ${lost.join(', ')} was refused, too`;
  return new SocketError(isSupported ? 'einval' : 'enotsup', syscall, { detail: `${name}: ${why}${rest}` });
}

function applySetting(at: StackSocket, setting: StackSetting, done: Done[]): number {
  const { stack, handle } = at;
  const { option, key, value, name } = setting;
  if (option.writeOnly) return setWords(stack, handle, option, key, option.encode(value, [], name));
  const before = getWords(stack, handle, option, key);
  if (typeof before === 'number') return before;
  const paths = pathsOf(at, setting);
  const words = option.encode(value, before, name);
  const result = setWords(stack, handle, option, key, words);
  if (result !== 0) return result;
  done.push({ setting, former: [{ key, words: before }, ...paths] });
  // The stack gives an association's setting to all its paths. Fields that are left out stay as they are on each path.
  for (const path of paths) {
    const there = option.encode(value, path.words, name);
    if (there.every((word, index) => word === words[index])) continue;
    const refused = setWords(stack, handle, option, path.key, there);
    if (refused !== 0) return refused;
  }
  return 0;
}

/** The paths of the association that a setting names, with the words in force on each. */
function pathsOf({ stack, handle, oneToOne }: StackSocket, { option, key }: StackSetting): Former[] {
  const isOfAssociation = key.assocId !== 0 || oneToOne;
  if (option.addressField !== 'address' || key.address !== undefined || !isOfAssociation) return [];
  const peers = stack.peernames(handle, key.assocId);
  if (typeof peers === 'number') return [];
  return peers.flatMap(({ address, port }) => {
    const path: OptionKey = { assocId: key.assocId, address: [address, port] };
    const words = getWords(stack, handle, option, path);
    return typeof words === 'number' ? [] : [{ key: path, words }];
  });
}

/** An option whose value is an address has it in the record that was read. False if the stack refuses its own former value. */
function putBack({ stack, handle }: StackSocket, { setting: { option, name }, former }: Done): boolean {
  const results = former.flatMap(({ key, words: before }) => {
    const there = option.addressField === 'addr' ? keyOf(option, option.decode(before, key), name) : key;
    return (option.undo?.(before) ?? [before]).map((words) => setWords(stack, handle, option, there, words));
  });
  return results.every((result) => result === 0);
}

function setWords(stack: SctpStack, handle: Handle, option: StackOption, key: OptionKey, words: readonly number[]): number {
  return stack.setOption(handle, option.number, key.assocId, words, key.address?.[0], key.address?.[1]);
}

function getWords(stack: SctpStack, handle: Handle, option: StackOption, key: OptionKey): number[] | number {
  return stack.getOption(handle, option.number, key.assocId, key.address?.[0], key.address?.[1], key.streamId);
}

/** The value of an option, undefined if the stack refuses to tell (SO-2). */
export function readSetting({ stack, handle }: StackSocket, option: StackOption, key: OptionKey): unknown {
  const words = getWords(stack, handle, option, key);
  return typeof words === 'number' ? undefined : option.decode(words, key);
}

/**
 * Gives a peeled-off socket the named options of its parent, as far as the stack has not done so itself (PO-5, PO-12). An option that the parent does not have,
 * such as `tos` where there is only IPv6, is passed over.
 *
 * @throws SocketError 'einval' | 'enotsup', as `applySettings`
 */
export function inheritSettings(
  { stack, handle: parent }: StackSocket,
  peeled: Handle,
  options: readonly (readonly [name: string, option: StackOption])[],
  syscall: string,
): void {
  const whole: OptionKey = { assocId: 0, address: undefined };
  for (const [name, option] of options) {
    const wanted = getWords(stack, parent, option, whole);
    if (typeof wanted === 'number') continue;
    const present = getWords(stack, peeled, option, whole);
    if (typeof present !== 'number' && present.every((word, index) => word === wanted[index])) continue;
    const result = setWords(stack, peeled, option, whole, wanted);
    if (result !== 0) throw refusal(stack, result, name, syscall);
  }
}
