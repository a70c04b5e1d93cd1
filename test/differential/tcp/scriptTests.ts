/** The scripts of TCP, and who performs them. */
import { tcp } from 'mailport/tcp';
import { installed } from '../../support/installed.js';
import { MailportSide } from '../harness/mailportSide.js';
import type { ScriptTests } from '../harness/tests.js';
import { tcpOnErlang } from './erlangCalls.js';
import { tcpCalls } from './mailportCalls.js';
import { subjects } from './scripts/index.js';
import { tcpTransport } from './transport.js';

export const scriptTests: ScriptTests = {
  subjects,
  transport: tcpTransport,
  erlang: tcpOnErlang,
  mailport: () => new MailportSide(tcpCalls, tcp.openSockets),
  missing: installed('erl') ? undefined : 'package erlang-base is not installed',
};
