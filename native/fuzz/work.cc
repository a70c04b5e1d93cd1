#include "work.h"

namespace {

uint64_t edges = 0;

}  // namespace

// The Makefile compiles native/src with -fsanitize-coverage=trace-pc, so that every edge calls __sanitizer_cov_trace_pc. libFuzzer has a function of that name,
// which does nothing; the linker (--wrap) puts this one in its place.
extern "C" void __wrap___sanitizer_cov_trace_pc() { ++edges; }

namespace mailport::fuzz {

uint64_t WorkDone() { return edges; }

}  // namespace mailport::fuzz
