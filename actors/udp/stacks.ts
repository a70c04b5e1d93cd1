/** The stack of UDP sockets. This is the only file of the folder that touches the addon. The addon is loaded with the first socket, not with the module. */
import { type BatchCallback, kernelUdp, type UdpStack } from '../../native/index.js';

/** Opens the stack of this JavaScript environment; `onBatch` is called with everything that arrives. */
export type UdpOpener = (onBatch: BatchCallback) => UdpStack;

/** The stack of the kernel. The addon is loaded by the call. */
export const openKernel: UdpOpener = kernelUdp;
