/** The scripts of UDP, and who performs them. */
import { udp } from 'mailport/udp';
import { installed } from '../../support/installed.js';
import { MailportSide } from '../harness/mailportSide.js';
import type { ScriptTests } from '../harness/tests.js';
import { udpOnErlang } from './erlangCalls.js';
import { udpCalls } from './mailportCalls.js';
import { subjects } from './scripts/index.js';
import { udpTransport } from './transport.js';

export const scriptTests: ScriptTests = {
  subjects,
  transport: udpTransport,
  erlang: udpOnErlang,
  mailport: () => new MailportSide(udpCalls, udp.openSockets),
  missing: installed('erl') ? undefined : 'package erlang-base is not installed',
};
