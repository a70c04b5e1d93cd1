/** The stack of this machine. This is the only file of the folder that touches the addon. The addon is loaded with the first listener, not with the module. */
import { kernelTcp } from '../../native/index.js';
import type { TcpOpener } from '../tcp/open.js';

export const openKernel: TcpOpener = kernelTcp;
