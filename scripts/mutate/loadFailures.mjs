/**
 * A reporter of vitest's. StrykerJS asks tests alone whether a mistake was noticed, and a file of tests that fails while it is loaded has none: what it
 * failed with is made a failure of the run.
 */
export default class LoadFailures {
  /** @type {import('vitest/node').Vitest | undefined} */
  #vitest;

  /** @param {import('vitest/node').Vitest} vitest */
  onInit(vitest) {
    this.#vitest = vitest;
  }

  /** @param {import('vitest/node').TestModule} module */
  onTestModuleEnd(module) {
    for (const error of module.errors()) this.#vitest?.state.catchError(error, 'Load Error');
  }
}
