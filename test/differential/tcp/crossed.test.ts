/** gen_tcp at one end and mailport at the other: every script of two ends, both ways round. */
import { tcp } from 'mailport/tcp';
import { failOnLeftovers } from '../../support/setup.js';
import { testCrossed } from '../harness/crossed.js';
import { scriptTests } from './scriptTests.js';

failOnLeftovers(() => tcp.openSockets().map(({ port }) => `socket ${port}`));

testCrossed(scriptTests);
