/**
 * Symbols that keep objects from leaving their thread. A structured clone (`postMessage`, `structuredClone`) copies an object's own properties in order, and
 * fails at a symbol with a `DataCloneError` that shows the symbol's description. So an object that belongs to a thread has one of these as its first property.
 * Otherwise the clone would fail at some function deep inside, or arrive as an object without use.
 */

export const pidHere: unique symbol = Symbol('a Pid, which belongs to the thread of its actor: post data instead');
export const selfHere: unique symbol = Symbol("an actor's self, which belongs to its actor alone: post data instead");
export const refHere: unique symbol = Symbol('a Ref, which is unique in its own thread only: post data instead');
export const systemHere: unique symbol = Symbol('a System or a part of it, which belongs to its thread: post data instead');
export const socketHere: unique symbol = Symbol('a socket, which belongs to the thread that opened it: post data instead');
