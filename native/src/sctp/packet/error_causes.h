// The error causes that ABORT and ERROR carry (RFC 9260 section 3.3.10): code, length and information, one after the other.
#pragma once

#include <algorithm>

#include "../types.h"
#include "wire.h"

namespace mailport::sctp {

constexpr size_t kCauseHeaderBytes = 4;

// Whether `causes`, the value of an ABORT or ERROR, is causes from beginning to end. The last one's padding may be missing.
inline bool CausesAreWhole(Bytes causes) {
  while (!causes.empty()) {
    const size_t length = causes.size() < kCauseHeaderBytes ? 0 : Load16(&causes[2]);
    if (length < kCauseHeaderBytes || length > causes.size()) return false;
    causes = causes.subspan(std::min(Padded(length), causes.size()));
  }
  return true;
}

}  // namespace mailport::sctp
