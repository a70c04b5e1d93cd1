/** Options that the stack keeps: set all or none of a list, and read. */
import type { Handle, SctpStack } from '../../native/contract.js';
import { type OptionReason, reasonOf, SocketError } from '../socket/index.js';
import type { StackSetting } from './options.js';
import type { StackOption } from './stackOptions.js';

interface Done {
  readonly setting: StackSetting;
  readonly before: readonly number[];
}

/**
 * Sets options from the last to the first (FC-12), each over what is in force. If one is refused, those before it are put back (FC-13).
 *
 * @throws SocketError 'einval', whatever the stack's reason, which is in the message (SO-1)
 */
export function applySettings(stack: SctpStack, handle: Handle, settings: readonly StackSetting[], syscall: string): void {
  const done: Done[] = [];
  for (const setting of settings.toReversed()) {
    const failure = applySetting(stack, handle, setting, done);
    if (failure === 0) continue;
    for (const { setting: put, before } of done.toReversed()) stack.setOption(handle, put.option.number, put.assocId, before);
    throw new SocketError<OptionReason>('einval', syscall, { detail: `${setting.name}: ${reasonOf(-failure)}` });
  }
}

function applySetting(stack: SctpStack, handle: Handle, setting: StackSetting, done: Done[]): number {
  const { option, assocId, value, name } = setting;
  const before = stack.getOption(handle, option.number, assocId);
  if (typeof before === 'number') return before;
  const result = stack.setOption(handle, option.number, assocId, option.encode(value, before, name));
  if (result === 0) done.push({ setting, before });
  return result;
}

/** The value of an option, undefined if the stack refuses to tell (SO-2). */
export function readSetting(stack: SctpStack, handle: Handle, option: StackOption, assocId: number): unknown {
  const words = stack.getOption(handle, option.number, assocId);
  return typeof words === 'number' ? undefined : option.decode(words, assocId);
}
