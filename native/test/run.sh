#!/bin/sh
# Builds and runs the C++ tests: run.sh [--sanitize] [--bail] [filter]. A filter is a part of "file_test.cc: name of the test"; with one, only
# the tests that it chooses and the sources that they need are compiled. --sanitize: under the address and undefined-behaviour sanitizers.
# --bail: until the first failure. SEED=n replays one seed, SEEDS=2001-4000 are the seeds of the tests that have a hundred or more, TEST_LIMIT_S=n gives each test that long. The last line is "N passed, N failed".
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$here/../build/tests
sanitize=
if [ "${1-}" = --sanitize ]; then
  sanitize=1
  build=$here/../build/tests-asan
  shift
fi
filter=
for argument; do
  [ "$argument" != --bail ] || continue
  [ -z "$filter" ] || { echo "one filter at a time, not '$filter' and '$argument'" >&2; exit 2; }
  filter=$argument
done
program=run
if [ -n "$filter" ]; then
  program=filtered
  mkdir -p "$build"
  node "$here/../../scripts/nativeSelection.mjs" "$filter" >"$build/filtered.new"
  cmp -s "$build/filtered.new" "$build/filtered.mk" || cp "$build/filtered.new" "$build/filtered.mk"
fi
make -s -j"$(getconf _NPROCESSORS_ONLN)" -f "$here/Makefile" SANITIZE=$sanitize PROGRAM=$program
exec "$build/$program" "$@"
