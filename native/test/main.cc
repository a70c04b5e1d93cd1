// Runs the tests whose "file: name" contains the argument, if there is one. The last line counts; the status is 1 if any failed.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "check.h"

namespace check {
namespace {

constexpr int kMaxFailuresShown = 5;  // Of one test: a loop that is wrong is wrong many times.

int failures = 0;
std::string note;

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

void Note(const std::string& text) { note = text; }

std::vector<uint64_t> Seeds(uint64_t count) {
  if (const char* one = std::getenv("SEED")) return {std::strtoull(one, nullptr, 10)};
  std::vector<uint64_t> seeds;
  for (uint64_t seed = 1; seed <= count; seed++) seeds.push_back(seed);
  return seeds;
}

static bool RunOne(const TestCase& test, const std::string& full_name) {
  failures = 0;
  note.clear();
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

static int RunAll(const char* filter) {
  auto& cases = Cases();
  std::stable_sort(cases.begin(), cases.end(), [](const TestCase& a, const TestCase& b) { return BaseName(a.file) < BaseName(b.file); });
  int passed = 0, failed = 0;
  for (const TestCase& test : cases) {
    std::string full_name = BaseName(test.file) + ": " + test.name;
    if (full_name.find(filter) == std::string::npos) continue;
    ++(RunOne(test, full_name) ? passed : failed);
  }
  if (passed + failed == 0) std::printf("no test is called *%s*\n", filter);
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed > 0 || passed == 0;
}

}  // namespace check

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  return check::RunAll(argc > 1 ? argv[1] : "");
}
