/** The examples as programs. They run as users run them. */
import { built } from '../support/built.js';
import { Child } from '../support/child.js';

/** An example: `name` is the file in examples/, without its ending. The compiled file is run. */
export class Program extends Child {
  constructor(name: string, ...args: readonly (string | number)[]) {
    super(process.execPath, [built(`examples/${name}.js`), ...args.map(String)]);
  }
}
