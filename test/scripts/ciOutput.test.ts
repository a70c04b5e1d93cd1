/** What CI reads from other programs' output: sanitizers' reports and the C++ tests' last line. */
import { describe, expect, test } from 'vitest';
import { readCounts } from '../../scripts/counts.mjs';
import { reportsThatCount } from '../../scripts/sanitizerReports.mjs';

const node = 'node::Start (/usr/bin/node+0x1)';
const leak = (...frames: string[]) =>
  `Direct leak of 4000 byte(s) in 1 object(s) allocated from:\n    #0 0x7f in malloc\n${frames.map((frame) => `    #1 0x7f in ${frame}\n`).join('')}`;
const leaks = (...entries: string[]) =>
  `\n=====\n==47==ERROR: LeakSanitizer: detected memory leaks\n\n${entries.join('\n')}\nSUMMARY: AddressSanitizer: 4000 byte(s) leaked\n`;

describe('reportsThatCount', () => {
  test('keeps a leak that the addon allocated', () => {
    const open = leak('std::vector (/usr/include/c++/vector)', 'Open ../src/io/udp.cc:12', node);
    expect(reportsThatCount(leaks(open, leak(node)))).toEqual([open.trim()]);
    expect(reportsThatCount(leaks(leak('?? (build/Release/mailport.node+0x12)')))).toHaveLength(1);
    expect(reportsThatCount(leaks(leak('Read ../src/kernel_sctp/socket.cc:9', node)))).toHaveLength(1);
  });

  test('passes over leaks of Node, called by us or not, and of other programs', () => {
    expect(reportsThatCount(leaks(leak(node), leak(node, 'Create ../src/addon/stack.cc:67', node)))).toEqual([]);
    expect(reportsThatCount('')).toEqual([]);
  });

  test('keeps every error of the sanitizers', () => {
    const error = '==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x60\n    #0 0x7f in main';
    expect(reportsThatCount(`\n${error}\n`)).toEqual([error]);
  });
});

describe('readCounts', () => {
  test('reads the last line that has them', () => {
    expect(readCounts('ok 1\n3 passed, 1 failed\nnoise\n12 passed, 0 failed\n')).toEqual({ passed: 12, failed: 0 });
  });

  test('gives no counts without such a line', () => {
    expect(readCounts('Segmentation fault, 3 passed, 0 failed so far')).toEqual({ passed: 0, failed: 0 });
  });
});
