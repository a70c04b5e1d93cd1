/**
 * A reporter for vitest. StrykerJS learns from tests alone whether they noticed a mistake, and a file that fails while it is loaded has no tests. This
 * reporter makes the error of such a file a failure of the run.
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
