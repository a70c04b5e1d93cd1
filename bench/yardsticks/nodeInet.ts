/** Node's own sockets: node:net with framing in JavaScript, and node:dgram. */
import type { Yardstick } from '../case.js';
import type { Setting } from '../cases/inetRun.js';
import { nodeProgram } from './nodeProgram.js';

export const nodeNet = (setting: Setting): Yardstick => nodeProgram('node:net', 'nodeTcp', JSON.stringify(setting));
export const nodeDatagrams = (setting: Setting): Yardstick => nodeProgram('node:dgram', 'nodeUdp', JSON.stringify(setting));
