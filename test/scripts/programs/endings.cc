// Tests that end in each way in which a test can end, for the program that runs the engine's tests (nativeRunner.test.ts).
#include <cstdlib>

#include "check.h"

TEST("1 holds") { EXPECT_EQ(1, 1); }

TEST("2 fails") { EXPECT_EQ(1, 2); }

TEST("3 hangs") {
  check::Note("seed 7");
  for (volatile bool forever = true; forever;) continue;
}

TEST("4 crashes") {
  check::Note("seed 8");
  std::abort();
}
