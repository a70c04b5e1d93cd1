/** The stacks of this folder that are in the addon. This is the only file of the folder that touches it; the addon is loaded with the first socket that needs it. */
import { steppedSctp } from '../../native/index.js';

/** The embedded SCTP by the time of its caller. @param seed an integer of 32 bits, which decides its random numbers */
export const openSteppedSctp = steppedSctp;
