// Runs the tests whose "file: name" contains the argument, if there is one. The last line counts; the status is 1 if any failed.
// --bail ends the run at the first failure. A test that crashes or takes longer than its limit is named and ends the run: it shares this
// process with those that would follow.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "check.h"

namespace check {
namespace {

constexpr int kMaxFailuresShown = 5;  // Per test, as a wrong loop fails many times.
// Thirty times what the longest test takes where the sanitizers slow it down. TEST_LIMIT_S sets another.
constexpr unsigned kTestLimitSeconds = 60;

int failures = 0;
std::string note;

// The text that the signal handler prints: made before, since the handler may only write.
std::string ended_before, ended_after;
char ended_at[80] = "";

void Print(const char* text, size_t bytes) {
  if (write(STDOUT_FILENO, text, bytes) < 0) _exit(1);
}

void OnSignal(int number) {
  Print(ended_before.data(), ended_before.size());
  if (ended_at[0] != 0) Print(" at ", 4);
  Print(ended_at, strnlen(ended_at, sizeof ended_at));
  const char* const how = number == SIGALRM ? ": not back in time" : ": crashed";
  Print(how, std::strlen(how));
  Print(ended_after.data(), ended_after.size());
  _exit(1);
}

unsigned TestLimitSeconds() {
  const char* wanted = std::getenv("TEST_LIMIT_S");
  return wanted ? static_cast<unsigned>(std::strtoul(wanted, nullptr, 10)) : kTestLimitSeconds;
}

std::string BaseName(const char* file) {
  const char* slash = std::strrchr(file, '/');
  return slash ? slash + 1 : file;
}

}  // namespace

std::vector<TestCase>& Cases() {
  static std::vector<TestCase> cases;
  return cases;
}

bool Register(const char* file, const char* name, void (*body)()) {
  Cases().push_back({file, name, body});
  return true;
}

void Fail(const char* file, int line, const std::string& message) {
  if (++failures > kMaxFailuresShown) return;
  std::printf("  %s:%d%s%s: %s\n", BaseName(file).c_str(), line, note.empty() ? "" : " at ", note.c_str(), message.c_str());
}

bool Failed() { return failures > 0; }

void Note(const std::string& text) {
  note = text;
  std::snprintf(ended_at, sizeof ended_at, "%s", text.c_str());
}

// SEED is the only seed. SEEDS, as in 2001-4000, are the seeds of tests that have a hundred or more, which are the ones that mix everything.
std::vector<uint64_t> Seeds(uint64_t count) {
  constexpr uint64_t kMany = 100;
  if (const char* one = std::getenv("SEED")) return {std::strtoull(one, nullptr, 10)};
  uint64_t first = 1, last = count;
  if (const char* range = std::getenv("SEEDS"); range != nullptr && count >= kMany) {
    char* rest = nullptr;
    first = std::strtoull(range, &rest, 10);
    last = *rest == '-' ? std::strtoull(rest + 1, nullptr, 10) : 0;
    if (first == 0 || last < first) {
      std::fprintf(stderr, "SEEDS has to be FROM-TO, as in 2001-4000, not '%s'\n", range);
      std::exit(1);
    }
  }
  std::vector<uint64_t> seeds;
  for (uint64_t seed = first; seed <= last; seed++) seeds.push_back(seed);
  return seeds;
}

static bool RunOne(const TestCase& test, const std::string& full_name) {
  failures = 0;
  Note("");
  auto start = std::chrono::steady_clock::now();
  try {
    test.body();
  } catch (const Abandoned&) {
  }
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (failures > kMaxFailuresShown) std::printf("  and %d failures more\n", failures - kMaxFailuresShown);
  if (failures > 0 || seconds > 1) std::printf("%s %s (%.1f s)\n", failures ? "FAILED" : "passed", full_name.c_str(), seconds);
  std::fflush(stdout);
  return failures == 0;
}

// From now on a crash or a timeout ends the run with the name of this test.
static void Guard(const std::string& full_name, unsigned limit_seconds, int passed, int failed) {
  ended_before = "FAILED " + full_name;
  ended_after = ", and the run ends here\n" + std::to_string(passed) + " passed, " + std::to_string(failed + 1) + " failed\n";
  ended_at[0] = 0;
  alarm(limit_seconds);
}

static void CatchSignals() {
  signal(SIGALRM, OnSignal);
#ifndef __SANITIZE_ADDRESS__  // The address sanitizer has handlers of its own, which show the stack.
  for (int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) signal(number, OnSignal);
#endif
}

static int RunAll(const char* filter, bool bail) {
  auto& cases = Cases();
  std::stable_sort(cases.begin(), cases.end(), [](const TestCase& a, const TestCase& b) { return BaseName(a.file) < BaseName(b.file); });
  const unsigned limit_seconds = TestLimitSeconds();
  CatchSignals();
  int passed = 0, failed = 0;
  for (const TestCase& test : cases) {
    std::string full_name = BaseName(test.file) + ": " + test.name;
    if (full_name.find(filter) == std::string::npos) continue;
    Guard(full_name, limit_seconds, passed, failed);
    ++(RunOne(test, full_name) ? passed : failed);
    if (bail && failed > 0) break;
  }
  alarm(0);
  if (passed + failed == 0) std::printf("no test is called *%s*\n", filter);
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed > 0 || passed == 0;
}

}  // namespace check

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const char* filter = "";
  bool bail = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--bail") == 0)
      bail = true;
    else
      filter = argv[i];
  }
  return check::RunAll(filter, bail);
}
