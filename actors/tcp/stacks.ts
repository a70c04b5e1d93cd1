/** The stack of this machine. This is the only file of the folder that touches the addon. The addon is loaded with the first socket, not with the module. */
import { kernelTcp } from '../../native/index.js';
import type { TcpOpener } from './environment.js';

/** The stack of the kernel. */
export const openKernel: TcpOpener = kernelTcp;
