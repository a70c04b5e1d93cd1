// The test framework: TEST("a promise") { EXPECT_EQ(…); }, run by main.cc. An expectation that fails is reported and the test goes on;
// REQUIRE ends it. Note() says what a loop is at (its seed, as a rule) in case something fails there.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <ranges>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace check {

struct TestCase {
  const char* file;
  const char* name;
  void (*body)();
};

struct Abandoned {};  // Thrown by REQUIRE.

std::vector<TestCase>& Cases();
bool Register(const char* file, const char* name, void (*body)());
void Fail(const char* file, int line, const std::string& message);
// Whether the running test has failed so far.
bool Failed();
// The text to print with a failure from now on, until the next call or the end of the test.
void Note(const std::string& text);
// Seeds 1 to `count` in order, or the one that the environment variable SEED names, to replay it.
std::vector<uint64_t> Seeds(uint64_t count);

template <typename T>
std::string Show(const T& value) {
  std::ostringstream out;
  if constexpr (std::is_same_v<T, bool>) {
    out << (value ? "true" : "false");
  } else if constexpr (std::is_enum_v<T>) {
    out << static_cast<int64_t>(static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (std::integral<T>) {
    out << +value;
    if (value > 9) out << " (0x" << std::hex << +value << ")";
  } else if constexpr (requires { out << value; }) {
    out << value;
  } else if constexpr (std::ranges::sized_range<T>) {
    out << std::ranges::size(value) << " elements [";
    size_t shown = 0;
    for (const auto& element : value) {
      if (shown++ == 40) {
        out << " …";
        break;
      }
      out << ' ' << Show(element);
    }
    out << " ]";
  } else {
    out << "(value)";
  }
  return out.str();
}

template <typename A, typename B>
bool Equal(const A& a, const B& b) {
  if constexpr (std::integral<A> && std::integral<B> && !std::is_same_v<A, bool> && !std::is_same_v<B, bool>)
    return std::cmp_equal(a, b);
  else
    return a == b;
}

template <typename A, typename B>
bool ExpectEqual(const A& a, const B& b, const char* file, int line, const char* what) {
  if (Equal(a, b)) return true;
  Fail(file, line, std::string(what) + "\n      is " + Show(a) + "\n  wanted " + Show(b));
  return false;
}

inline bool ExpectTrue(bool value, const char* file, int line, const char* what) {
  if (!value) Fail(file, line, std::string(what) + " does not hold");
  return value;
}

}  // namespace check

#define CHECK_JOIN2(a, b) a##b
#define CHECK_JOIN(a, b) CHECK_JOIN2(a, b)
#define TEST(promise)                                                                                                      \
  static void CHECK_JOIN(TestBody, __LINE__)();                                                                            \
  static const bool CHECK_JOIN(test_registered_, __LINE__) = check::Register(__FILE__, promise, CHECK_JOIN(TestBody, __LINE__)); \
  static void CHECK_JOIN(TestBody, __LINE__)()

#define EXPECT_EQ(actual, expected) check::ExpectEqual(actual, expected, __FILE__, __LINE__, #actual)
#define EXPECT_TRUE(condition) check::ExpectTrue(condition, __FILE__, __LINE__, #condition)
#define EXPECT_FALSE(condition) check::ExpectTrue(!(condition), __FILE__, __LINE__, "!(" #condition ")")
#define REQUIRE(condition) \
  if (!check::ExpectTrue(condition, __FILE__, __LINE__, #condition)) throw check::Abandoned {}
