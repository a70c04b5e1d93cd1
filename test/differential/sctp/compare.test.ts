/**
 * Differential test of SCTP sockets: mailport performs each script over the kernel's SCTP, and so does Erlang's gen_sctp in the same boot. Both must give what stands in
 * the script. Where they differ, the script names the rule in docs/differences.md that says so.
 */

import { sctp } from 'mailport/sctp';
import { failOnLeftovers } from '../../support/setup.js';
import { testScripts } from '../harness/tests.js';
import { sctpOnErlang } from './erlangCalls.js';
import { missing } from './here.js';
import { sctpSide } from './mailportCalls.js';
import { subjects } from './scripts/index.js';
import { sctpTransport } from './transport.js';

failOnLeftovers(() => sctp.openSockets().map(({ port }) => `socket ${port}`));

testScripts({
  subjects,
  transport: sctpTransport(),
  erlang: sctpOnErlang,
  mailport: () => sctpSide({ stack: 'kernel' }),
  missing,
});
