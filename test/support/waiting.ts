/** How tests wait: by turns of the event loop, by promises that they settle, by actors that they run. */
import { type Self, spawn } from '../../runtime/index.js';

/** One turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A promise and the function that resolves it. */
export function deferred<Value>(): { promise: Promise<Value>; resolve: (value: Value | PromiseLike<Value>) => void } {
  let resolve: (value: Value | PromiseLike<Value>) => void = () => undefined;
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Runs `body` as an actor of its own and gives its result. An error that it throws rejects. */
export function resultOfActor<Result, Message>(body: (self: Self<Message>) => Promise<Result> | Result): Promise<Result> {
  return new Promise((resolve, reject) => {
    spawn<Message>(async (self) => {
      try {
        resolve(await body(self));
      } catch (error) {
        reject(error);
      }
    });
  });
}
