// What a path knows of the data that it carries: how losses are found and what they do, beside RFC 9260, and the acknowledgement at hand. Most of it is void once
// all is acknowledged, so a path that carries nothing for a while does without: see Path::Trim.
#pragma once

#include "congestion.h"
#include "pacer.h"
#include "rack.h"
#include "rate_reduction.h"
#include "regret.h"
#include "tail_probe.h"

namespace mailport::sctp {

struct Traffic {
  Rack rack;
  TailProbe probe;
  RateReduction reduction;
  Regret regret;
  Pacer pacer;
  Congestion congestion;

  // State of the acknowledgement at hand: bytes of this path that it acknowledges, and whether it shows a loss there.
  size_t acked_bytes = 0;
  size_t flight_before = 0;  // Payload that was on its way when it came.
  bool lost_chunks = false;
  bool lost_again = false;  // A chunk that this recovery had sent again is lost: a loss of its own.
  bool probe_answered = false;
  bool is_undone = false;     // It shows that the last loss was none.
  bool seems_undone = false;  // It confirms what T3 took to be lost, and what was not sent again since.
  bool was_full = false;      // When it came, the window was used up.
  bool has_newest = false;    // See Acknowledged.
  SentTime newest_sent = 0;
  TimeUs newest_round_trip_us = 0;

  bool in_fast_recovery = false;
  uint32_t recovery_exit = 0;
  SentTime recovery_began = 0;
  TimeUs undone_us = 0;  // When a loss was undone last.

  // The round trip that is timed (6.3.1 C4, C5).
  bool timing = false;
  uint32_t timed_tsn = 0;
  TimeUs timed_at = 0;

  // Nothing has been learnt that the next data needs, but the shortest round trip. Nothing is on its way.
  bool is_at_rest() const { return !in_fast_recovery && rack.is_at_rest() && probe.is_at_rest() && congestion.is_at_rest(); }
};

}  // namespace mailport::sctp
