// Counters of one association, as Option::kAssocStats reads them. Control chunks are all chunks but DATA.
#pragma once

#include <cstdint>

namespace mailport::sctp {

struct AssocCounters {
  uint64_t sacks_in = 0, sacks_out = 0, packets_out = 0, packets_in = 0, retransmitted_chunks = 0, out_of_sequence_chunks = 0,
           duplicate_chunks = 0, gaps_reported = 0, unordered_chunks_out = 0, unordered_chunks_in = 0, ordered_chunks_out = 0,
           ordered_chunks_in = 0, control_chunks_out = 0, control_chunks_in = 0;
};

}  // namespace mailport::sctp
