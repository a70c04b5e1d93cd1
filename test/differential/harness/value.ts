/** Results of calls and messages of actors, in one form for both systems. Erlang writes this form as JSON, and mailport's values are brought into it. */

/** A record: its name, and its fields as mailport spells them. */
export interface RecordValue {
  readonly record: string;
  readonly fields: { readonly [name: string]: Value };
}

/** Payload: its size, its checksum and, if it is short and plain, its text. */
export interface BytesValue {
  readonly bytes: number;
  readonly crc: number;
  readonly text?: string;
}

/** A socket, an actor or a reference that has a name in the script. */
export interface NamedValue {
  readonly named: string;
}

/** The address of a local socket, its path as Latin-1 text: an abstract name begins with a zero character. */
export interface LocalValue {
  readonly local: string;
}

/** The result of `getopts`, in its order. */
export interface OptionsValue {
  readonly options: readonly (readonly [name: string, value: Value])[];
}

/** Atoms are strings, tuples and lists both arrays, addresses texts. */
export type Value =
  | string
  | number
  | boolean
  | null
  | RecordValue
  | BytesValue
  | NamedValue
  | LocalValue
  | OptionsValue
  | readonly Value[];

export const isArray = (value: Value | undefined): value is readonly Value[] => Array.isArray(value);

export function isRecord(value: Value | undefined): value is RecordValue {
  return typeof value === 'object' && value !== null && 'record' in value;
}

export function isBytes(value: Value | undefined): value is BytesValue {
  return typeof value === 'object' && value !== null && 'bytes' in value;
}

export function isOptions(value: Value | undefined): value is OptionsValue {
  return typeof value === 'object' && value !== null && 'options' in value;
}

export function isLocal(value: Value | undefined): value is LocalValue {
  return typeof value === 'object' && value !== null && 'local' in value;
}

export function isNamed(value: Value | undefined): value is NamedValue {
  return typeof value === 'object' && value !== null && 'named' in value;
}

export function isIp(value: Value | undefined): value is string {
  return typeof value === 'string' && /^(\d+(\.\d+){3}|[0-9a-f]*:[0-9a-f:.]*)$/.test(value);
}
