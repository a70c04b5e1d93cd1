/**
 * Differential test of UDP sockets: mailport performs each script, and so does Erlang's gen_udp. Both must give what stands in the script. Where they differ, the
 * script names the rule in docs/differences.md that says so.
 */
import { udp } from 'mailport/udp';
import { failOnLeftovers } from '../../support/setup.js';
import { testScripts } from '../harness/tests.js';
import { scriptTests } from './scriptTests.js';

failOnLeftovers(() => udp.openSockets().map(({ port }) => `socket ${port}`));

testScripts(scriptTests);
