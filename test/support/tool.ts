/** A program that is not ours. The test types to it and waits for its output. */
import { Child } from './child.js';
import { plainEnvironment } from './plainEnvironment.js';

export class Tool extends Child {
  /** @param within a command that runs its arguments, somewhere else */
  constructor(within: readonly string[], command: string, ...args: readonly (string | number)[]) {
    // Into a pipe the program would write whole blocks.
    const [program, ...rest] = [...within, 'stdbuf', '-oL', command, ...args.map(String)];
    super(program!, rest, { stdio: ['pipe', 'pipe', 'pipe'], env: plainEnvironment() });
    // A program that has ended does not read what is still typed.
    this.child.stdin!.on('error', () => undefined);
  }

  types(text: string): void {
    this.child.stdin!.write(text);
  }

  endsInput(): void {
    this.child.stdin!.end();
  }

  /** Ends the program as a crash would. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }
}
