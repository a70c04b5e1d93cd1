// Chunks on their way, or lost and to be sent again: their TSNs, the path that each took, and their state after each acknowledgement (RFC 9260 sections 6.2.1,
// 6.3, 7.2.4). An acknowledgement costs a bounded amount of work for each of its gap blocks and for each chunk whose state changes, whatever else is
// outstanding.
#pragma once

#include <cstdint>

#include "../packet/data_chunk.h"
#include "../packet/sack_chunk.h"
#include "../path_set.h"
#include "../ring.h"
#include "chunk_set.h"
#include "peer_window.h"
#include "segments.h"
#include "send_queue.h"

namespace mailport::sctp {

struct SackOutcome {
  bool valid = false;
  bool cumulative_advanced = false;
  bool acknowledged = false;   // A chunk for the first time, if only by a gap block: the peer takes data (8.1).
  bool loss_found = false;     // Three reports: retransmit now.
  size_t released_bytes = 0;   // Payload that needs to be kept no longer.
};

class Outstanding {
 public:
  struct TxChunk {
    OutboundFragment fragment;
    uint8_t path;            // The path it left by last.
    uint8_t missing_reports;
    uint8_t reneged_by;      // If a SACK took the chunk back: that SACK's number, its last eight bits.
    bool reneged : 1;
    bool sent_again : 1;
    bool begins_packet : 1;      // When the chunk was first sent.
    bool acknowledged_once : 1;  // By a gap block, even if that was taken back since.
  };

  static_assert(sizeof(TxChunk) == 40);  // Users notice its size: a larger record leaves room for fewer messages in a send buffer.

  explicit Outstanding(Segments& payload) : payload_(payload) {}

  void Reset(uint32_t initial_tsn);

  bool empty() const { return chunks_.empty(); }
  size_t size() const { return chunks_.size(); }
  const TxChunk& front() const { return chunks_.front(); }
  uint32_t next_tsn() const { return next_tsn_; }
  uint32_t first_tsn() const { return next_tsn_ - static_cast<uint32_t>(chunks_.size()); }  // The first TSN not acknowledged.

  // `has_more`: new data waits behind the outstanding chunks.
  SackOutcome OnSack(const SackChunk& sack, bool has_more, TimeUs now, PathSet& paths);
  // Handles the acknowledgement in a SHUTDOWN chunk.
  SackOutcome OnCumulative(uint32_t cumulative_tsn, TimeUs now, PathSet& paths);
  // A path's T3 has expired: all chunks on their way there must be sent again.
  void MarkAllLost(PathSet& paths, const Path& path);

  // Writes a chunk with the next TSN, and counts it as on its way.
  void WriteNew(const OutboundFragment& fragment, bool begins_packet, TimeUs now, Path& path, uint8_t* chunk);
  // The first lost chunk; null if there is none.
  const TxChunk* NextLost();
  bool NextLostIsEarliest() const { return NextLostNumber() == first_; }
  void WriteLost(PathSet& paths, Path& path, uint8_t* chunk);

  // Calls `each` with every unacknowledged chunk, oldest first. A gap block counts as an acknowledgement.
  template <typename Each>
  void ForEachUnacknowledged(Each each) const {
    for (size_t place = 0; place < chunks_.size(); ++place)
      if (acknowledged_.size() == 0 || !acknowledged_.Contains(first_ + place)) each(chunks_[place]);
  }
  // Forgets all chunks; the caller releases their payload.
  void Clear();
  void Trim();

  PeerWindow window;

  // Chunks and gap blocks looked at so far, for tests of cost.
  uint64_t work() const { return work_; }

 private:
  static constexpr size_t kRenegeCredit = 1024;

  // A chunk's number is the count of chunks before it since the association began.
  uint64_t end() const { return first_ + chunks_.size(); }
  TxChunk& ChunkAt(uint64_t number) { return chunks_[static_cast<size_t>(number - first_)]; }
  uint64_t NextLostNumber() const { return lost_.Next(first_, end()); }
  size_t in_flight_chunks() const { return chunks_.size() - acknowledged_.size() - lost_.size(); }
  template <typename Each>
  void ForEachSet(Each each) {
    for (ChunkSet* set : {&acknowledged_, &missing_, &lost_, &suspects_}) each(*set);
  }
  bool Concerns(uint32_t cumulative_tsn) const;
  void WriteChunk(uint32_t tsn, const OutboundFragment& fragment, uint8_t* chunk) const;
  static void EndTiming(uint32_t tsn, const TxChunk& chunk, TimeUs now, Path& path);
  void Acknowledge(uint64_t number, const TxChunk& chunk, Path& path);
  void Lose(uint64_t number, PathSet& paths);
  // Applies a SACK's gap blocks. Returns the end of the range in which chunks in flight are reported missing.
  uint64_t TakeGapBlocks(const SackChunk& sack, TimeUs now, PathSet& paths, SackOutcome* outcome);
  void Renege(uint64_t begin, uint64_t end, PathSet& paths);
  void Unacknowledge(uint64_t number, PathSet& paths);
  void CountReports(uint64_t reported_end, size_t reports_for_loss, PathSet& paths, SackOutcome* outcome);
  size_t OutstandingPackets() const;
  size_t ReportsForLoss(const Path& path, uint32_t a_rwnd, bool has_more) const;
  size_t PopAcknowledged(uint32_t cumulative_tsn, TimeUs now, PathSet& paths);

  Segments& payload_;
  Ring<TxChunk> chunks_;
  uint32_t next_tsn_ = 0;
  size_t packet_begins_ = 0;  // Chunks that were the first of their packets.
  // An outstanding chunk is either acknowledged (by gap blocks only) or missing. A missing chunk is in flight, or lost and to be sent again. Suspects are
  // chunks in flight that were sent once: reports that they are missing count.
  uint64_t first_ = 0;  // The number of the first outstanding chunk.
  ChunkSet acknowledged_, missing_, lost_, suspects_;
  uint8_t sack_number_ = 0;
  size_t renege_credit_ = 0;  // How many chunks the peer may still take back, until it acknowledges some for good, or T3 expires.
  bool distrusts_ = false;    // The peer took back more than that: it is believed only when T3 expires.
  uint64_t work_ = 0;
};

}  // namespace mailport::sctp
