/** An actor of mailport that performs the calls of a script. */
import type { Self } from 'mailport';
import type { SctpOpenOptions, SctpSocket } from 'mailport/sctp';

/** The values that the names of a script stand for, as calls need them. */
export interface MailportValues {
  /** Further options for every `open`: the stack. */
  readonly openOptions: SctpOpenOptions;
  /** The value of a name. Anything that is no name stands for itself. */
  value<T>(name: unknown): T;
  /** Names a new socket. */
  opened(name: string, socket: SctpSocket): void;
  /** Names any other value. */
  name(name: string, value: unknown): void;
  /** Resolves when the actor of that name has ended, and its links and monitors have been told. */
  ended(name: string): Promise<void>;
}

/** The actor that performs steps, with the names that it shares with the others. */
export class MailportActor {
  readonly side: MailportValues;
  readonly name: string;
  readonly self: Self<unknown>;

  constructor(side: MailportValues, name: string, self: Self<unknown>) {
    this.side = side;
    this.name = name;
    this.self = self;
  }
}
