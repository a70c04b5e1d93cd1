/** Certificates for tests, made by `openssl` when they are asked for, so that none expires in the checkout. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certified {
  readonly key: string;
  readonly cert: string;
}

export interface Authority extends Certified {
  /** A certificate for these names (`DNS:…`, `IP:…`), signed by this authority. */
  issue(name: string, alternatives: string): Certified;
}

/** An authority of its own, with keys of P-256. */
export function authority(name: string): Authority {
  const ca = inFolder((folder) => {
    openssl(folder, [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      ...files,
    ]);
    return read(folder);
  });
  return { ...ca, issue: (subject, alternatives) => issued(ca, subject, alternatives) };
}

const files = ['-keyout', 'key.pem', '-out', 'cert.pem'];

function issued(ca: Certified, subject: string, alternatives: string): Certified {
  return inFolder((folder) => {
    writeFileSync(join(folder, 'ca.pem'), ca.cert);
    writeFileSync(join(folder, 'ca.key'), ca.key);
    writeFileSync(join(folder, 'extensions'), `subjectAltName=${alternatives}\n`);
    openssl(folder, [
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      `/CN=${subject}`,
      '-keyout',
      'key.pem',
      '-out',
      'request.pem',
    ]);
    openssl(folder, [
      'x509',
      '-req',
      '-in',
      'request.pem',
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      'extensions',
      '-out',
      'cert.pem',
    ]);
    return read(folder);
  });
}

function inFolder<T>(act: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'mailport-certificates-'));
  try {
    return act(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function openssl(folder: string, args: readonly string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
}

function read(folder: string): Certified {
  return { key: readFileSync(join(folder, 'key.pem'), 'utf8'), cert: readFileSync(join(folder, 'cert.pem'), 'utf8') };
}
