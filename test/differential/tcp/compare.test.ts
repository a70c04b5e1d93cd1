/**
 * Differential test of TCP sockets: mailport performs each script, and so does Erlang's gen_tcp. Both must give what stands in the script. Where they differ, the
 * script names the rule in docs/differences.md that says so.
 */
import { tcp } from 'mailport/tcp';
import { failOnLeftovers } from '../../support/setup.js';
import { testScripts } from '../harness/tests.js';
import { scriptTests } from './scriptTests.js';

failOnLeftovers(() => tcp.openSockets().map(({ port }) => `socket ${port}`));

testScripts(scriptTests);
