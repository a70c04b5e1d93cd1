// The chunks that are on their way, or lost and to be sent again: their TSNs, the path each went, and what acknowledgements make of them (RFC 9260
// sections 6.2.1, 6.3, 7.2.4). An acknowledgement costs a bounded amount of work for each of its gap blocks and for each chunk whose state it changes,
// whatever else is outstanding.
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
  bool acknowledged = false;   // Something for the first time, be it by a gap block: the peer takes what is sent (8.1).
  bool loss_found = false;     // Three reports: retransmit now.
  size_t released_bytes = 0;   // Payload that needs to be kept no longer.
};

class Outstanding {
 public:
  struct TxChunk {
    OutboundFragment fragment;
    uint8_t path;            // That it left by last.
    uint8_t missing_reports;
    uint8_t reneged_by;      // Of the SACK that took it back, if one has, the number's last eight bits.
    bool reneged : 1;
    bool sent_again : 1;
    bool begins_packet : 1;      // As it was first sent.
    bool acknowledged_once : 1;  // By a gap block, which may have been taken back.
  };

  static_assert(sizeof(TxChunk) == 40);  // Users see it: a send buffer holds so much fewer messages.

  explicit Outstanding(Segments& payload) : payload_(payload) {}

  void Reset(uint32_t initial_tsn);

  bool empty() const { return chunks_.empty(); }
  size_t size() const { return chunks_.size(); }
  const TxChunk& front() const { return chunks_.front(); }
  uint32_t next_tsn() const { return next_tsn_; }
  uint32_t first_tsn() const { return next_tsn_ - static_cast<uint32_t>(chunks_.size()); }  // Of what is not acknowledged.

  // `has_more`: new data waits behind what is outstanding.
  SackOutcome OnSack(const SackChunk& sack, bool has_more, TimeUs now, PathSet& paths);
  // The part of a SHUTDOWN chunk that acknowledges.
  SackOutcome OnCumulative(uint32_t cumulative_tsn, TimeUs now, PathSet& paths);
  // A path's T3 has expired: all that is on its way there is to be sent again.
  void MarkAllLost(PathSet& paths, const Path& path);

  // Writes a chunk with the next TSN, which is on its way from now on.
  void WriteNew(const OutboundFragment& fragment, bool begins_packet, TimeUs now, Path& path, uint8_t* chunk);
  // The first of those that are lost; null if there is none.
  const TxChunk* NextLost();
  bool NextLostIsEarliest() const { return NextLostNumber() == first_; }
  void WriteLost(PathSet& paths, Path& path, uint8_t* chunk);

  // Calls `each` with every chunk that is not acknowledged, be it by a gap block, oldest first.
  template <typename Each>
  void ForEachUnacknowledged(Each each) const {
    for (size_t place = 0; place < chunks_.size(); ++place)
      if (acknowledged_.size() == 0 || !acknowledged_.Contains(first_ + place)) each(chunks_[place]);
  }
  // Forgets all chunks; their payload is the caller's to release.
  void Clear();
  void Trim();

  PeerWindow window;

  // Chunks and gap blocks looked at so far: what tests of cost count.
  uint64_t work() const { return work_; }

 private:
  static constexpr size_t kRenegeCredit = 1024;

  // Chunks by number: how many there were before, since the association began.
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
  // What a SACK says behind its cumulative acknowledgement. Gives where the chunks end that it reports missing if they are in flight.
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
  // What is outstanding is acknowledged by gap blocks only, or missing: in flight, or lost and to be sent again. Suspects are those in flight that were
  // sent once: reports that they are missing count.
  uint64_t first_ = 0;  // The number of the first one.
  ChunkSet acknowledged_, missing_, lost_, suspects_;
  uint8_t sack_number_ = 0;
  size_t renege_credit_ = 0;  // So many chunks may be taken back, until something is acknowledged for good, or T3 expires.
  bool distrusts_ = false;    // More have been taken back than that: only T3 believes it.
  uint64_t work_ = 0;
};

}  // namespace mailport::sctp
