// Work, counted: edges of the control flow that the code below native/src has run through. Unlike time, the count is the same in every run, so a target can
// demand that a packet costs a bounded amount of work.
#pragma once

#include <cstdint>

namespace mailport::fuzz {

// Edges since the program began.
uint64_t WorkDone();

}  // namespace mailport::fuzz
