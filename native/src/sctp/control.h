// What a path tells its congestion control, and what that answers: plain values, the same for every control.
#pragma once

#include <cstddef>
#include <cstdint>

#include "types.h"

namespace mailport::sctp {

// When a chunk left, in microseconds that wrap after 71 minutes: a chunk's record has no room for more. T3 sends everything anew long before.
using SentTime = uint32_t;

inline SentTime SentAt(TimeUs now) { return static_cast<SentTime>(now); }
inline TimeUs Since(SentTime sent, TimeUs now) { return static_cast<SentTime>(now) - sent; }
// Times wrap, so the later one is less than half of their range ahead.
inline bool SentBefore(SentTime a, SentTime b) { return static_cast<int32_t>(a - b) < 0; }

struct Window {
  size_t bytes;      // What may be on its way.
  size_t threshold;  // Slow start goes up to here.
};

// The acknowledgement at hand.
struct Acknowledged {
  size_t bytes;         // Of this path.
  size_t packet_bytes;  // Its largest packet.
  bool was_full;        // The window was used up, or only pacing held data back.
  TimeUs srtt;
  TimeUs now;
  bool cumulative_advanced = true;
  bool in_recovery = false;
  bool all = false;         // Nothing is on its way any more.
  bool is_paced = false;
  size_t flight_bytes = 0;  // Still on their way.
  // Of the chunks that it acknowledges, the one that left last; round_trip is 0 if that tells none.
  bool has_newest = false;
  SentTime newest_sent = 0;
  TimeUs round_trip = 0;
};

// How data is paced: 0 is without bound.
struct Pace {
  double bytes_per_us = 0;
  size_t quantum_bytes = 0;  // That leave at once.
};

}  // namespace mailport::sctp
