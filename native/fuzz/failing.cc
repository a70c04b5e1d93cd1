// What the simulated network and the samples of native/test/ expect, in a fuzz target: an expectation that fails ends the process, and libFuzzer keeps the
// input.
#include <cstdio>
#include <cstdlib>

#include "../test/check.h"

namespace check {

void Fail(const char* file, int line, const std::string& message) {
  std::fflush(stdout);  // The packets that TRACE shows.
  std::fprintf(stderr, "%s:%d: %s\n", file, line, message.c_str());
  std::abort();
}

bool Failed() { return false; }

void Note(const std::string&) {}

std::vector<uint64_t> Seeds(uint64_t) { return {1}; }

}  // namespace check
