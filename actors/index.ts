/** The package `mailport`: the actor runtime and the behaviours built on it. Each transport is a path of its own. */
export * from '../runtime/index.js';
export * from './behaviours/index.js';
export * from './server/index.js';
