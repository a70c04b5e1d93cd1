#!/bin/sh
# Builds and runs the engine's tests: run.sh [--sanitize] [--bail] [filter]. --sanitize: under the address and undefined-behaviour
# sanitizers. --bail: until the first failure.
# SEED=n replays one seed, TEST_LIMIT_S=n gives each test that long. The last line is "N passed, N failed".
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../build/tests
sanitize=
if [ "${1-}" = --sanitize ]; then
  sanitize=1
  build=$here/../build/tests-asan
  shift
fi
make -s -j2 -f "$here/Makefile" SANITIZE=$sanitize
exec "$build/run" "$@"
