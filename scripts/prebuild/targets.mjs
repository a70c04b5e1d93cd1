/** The platforms that the package has a binary for, and the compiler of each. */

/**
 * @typedef {object} Target
 * @property {string} name the folder below native/prebuilds: platform and processor, as Node names them
 * @property {string} file in that folder, with the tags that node-gyp-build looks for
 * @property {string} compiler
 * @property {string} debian the package that brings the compiler
 * @property {string[]} sources in addition to native/src, relative to `native`
 * @property {Record<string, string>} newest the newest version of each library that the binary may ask for: Node's own binaries ask for these
 */

/** What official binaries of Node 20 to 26 for Linux need themselves. */
const asOldAsNode = { GLIBC: '2.28', GLIBCXX: '3.4.21', CXXABI: '1.3.9' };

/** @type {readonly Target[]} */
export const targets = [
  {
    name: 'linux-x64',
    file: 'node.napi.glibc.node',
    compiler: 'x86_64-linux-gnu-g++',
    debian: 'g++-x86-64-linux-gnu',
    sources: ['prebuild/old_glibc.cc'],
    newest: asOldAsNode,
  },
  {
    name: 'linux-arm64',
    file: 'node.napi.glibc.node',
    compiler: 'aarch64-linux-gnu-g++',
    debian: 'g++-aarch64-linux-gnu',
    sources: ['prebuild/old_glibc.cc'],
    newest: asOldAsNode,
  },
];
