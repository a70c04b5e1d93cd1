// The error causes that ABORT and ERROR carry (RFC 9260 section 3.3.10, https://www.rfc-editor.org/rfc/rfc9260#section-3.3.10), one after the other.
//
//   | cause code | length |
//   | information ...     |
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "../types.h"
#include "wire.h"

namespace mailport::sctp {

constexpr size_t kCauseHeaderBytes = 4;

// Whether `causes`, the value of an ABORT or ERROR, consists of whole causes. The last one's padding may be missing.
inline bool CausesAreWhole(Bytes causes) {
  while (!causes.empty()) {
    const size_t length = causes.size() < kCauseHeaderBytes ? 0 : Load16(&causes[2]);
    if (length < kCauseHeaderBytes || length > causes.size()) return false;
    causes = causes.subspan(std::min(Padded(length), causes.size()));
  }
  return true;
}

// Whether one of the causes has that code. A last cause that is cut off counts.
inline bool HasCause(Bytes causes, Cause code) {
  while (causes.size() >= kCauseHeaderBytes) {
    if (Load16(causes.data()) == code) return true;
    causes = causes.subspan(std::min(Padded(std::max<size_t>(Load16(&causes[2]), kCauseHeaderBytes)), causes.size()));
  }
  return false;
}

// Writes one cause of kCauseHeaderBytes + info.size() bytes, which need not be a multiple of four.
inline void WriteCause(Cause cause, Bytes info, uint8_t* out) {
  Store16(out, cause);
  Store16(out + 2, static_cast<uint32_t>(kCauseHeaderBytes + info.size()));
  if (!info.empty()) std::memcpy(out + kCauseHeaderBytes, info.data(), info.size());
}

// The value of an ABORT or ERROR with this one cause; none if it is kCauseNone.
inline std::vector<uint8_t> CauseValue(Cause cause, Bytes info = {}) {
  if (cause == kCauseNone) return {};
  std::vector<uint8_t> value(kCauseHeaderBytes + info.size());
  WriteCause(cause, info, value.data());
  return value;
}

// Missing Mandatory Parameter (section 3.3.10.2): which one is missing.
inline std::vector<uint8_t> MissingParamValue(ParamType missing) {
  std::array<uint8_t, 6> info;
  Store32(&info[0], 1);
  Store16(&info[4], missing);
  return CauseValue(kCauseMissingParam, info);
}

// Stale Cookie (section 3.3.10.3): by how many microseconds a cookie was late.
constexpr size_t kStaleCookieBytes = 8;
inline bool ParseStaleCookie(Bytes causes, uint32_t* staleness_us) {
  if (causes.size() < kStaleCookieBytes || Load16(&causes[2]) < kStaleCookieBytes) return false;
  *staleness_us = Load32(&causes[kCauseHeaderBytes]);
  return true;
}

}  // namespace mailport::sctp
