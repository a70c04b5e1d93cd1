/** Servers: a supervised listener and an actor for each connection, over any transport. */
export { server } from './server.js';
export type { ServerInfo } from './service.js';
export type {
  DrainMessage,
  Session,
  SessionBody,
  SessionHandler,
  SessionMessage,
  SessionOptions,
  SessionStart,
} from './session.js';
export type { ServerSpec } from './spec.js';
