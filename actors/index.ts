/** The package `mailport`: the actor runtime and the behaviours built on it. Transports are packages' paths of their own. */
export * from '../runtime/index.js';
