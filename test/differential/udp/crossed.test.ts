/** gen_udp at one end and mailport at the other: every script of two ends, both ways round. */
import { udp } from 'mailport/udp';
import { failOnLeftovers } from '../../support/setup.js';
import { testCrossed } from '../harness/crossed.js';
import { scriptTests } from './scriptTests.js';

failOnLeftovers(() => udp.openSockets().map(({ port }) => `socket ${port}`));

testCrossed(scriptTests);
