// Counters of one association, as Option::kAssocStats reads them. Control chunks are all chunks but DATA.
#pragma once

#include <array>
#include <cstdint>

#include "lazily.h"
#include "option.h"

namespace mailport::sctp {

struct AssocCounters {
  uint64_t sacks_in = 0, sacks_out = 0, packets_out = 0, packets_in = 0, ordered_chunks_out = 0, ordered_chunks_in = 0, control_chunks_out = 0,
           control_chunks_in = 0;

  // Messages that were given up by a policy (RFC 7496 section 4.4). As on Linux a lifetime without a policy does not count.
  struct GivenUp {
    uint64_t unsent = 0, sent = 0;
  };
  // What many associations never have to count.
  struct Rare {
    uint64_t retransmitted_chunks = 0, out_of_sequence_chunks = 0, duplicate_chunks = 0, gaps_reported = 0, unordered_chunks_out = 0, unordered_chunks_in = 0;
    std::array<GivenUp, 3> given_up;  // kTtl, kRtx, kPrio
  };
  Lazily<Rare> rare;

  void CountRare(uint64_t Rare::* which, uint64_t count = 1) {
    if (count != 0) rare.Make().*which += count;
  }
  void CountGivenUp(PrPolicy policy, bool was_sent) {
    if (policy == PrPolicy::kNone) return;
    GivenUp& count = rare.Make().given_up[static_cast<size_t>(policy) - 1];
    ++(was_sent ? count.sent : count.unsent);
  }
};

}  // namespace mailport::sctp
