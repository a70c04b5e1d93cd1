// Chunks on their way, or lost and to be sent again: their TSNs, the path that each took, and their state after each acknowledgement (RFC 9260 sections 6.2.1,
// 6.3, 7.2.4), and losses that time tells (outstanding_loss.cc). An acknowledgement costs a bounded amount of work for each of its gap blocks and for each
// chunk whose state changes, whatever else is outstanding.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "../packet/idata_chunk.h"
#include "../packet/iforward_tsn_chunk.h"
#include "../packet/sack_chunk.h"
#include "../path_set.h"
#include "../ring.h"
#include "chunk_set.h"
#include "in_flight.h"
#include "limits.h"
#include "peer_window.h"
#include "segments.h"
#include "send_queue.h"

namespace mailport::sctp {

struct SackOutcome {
  bool valid = false;
  bool was_never_sent = false;  // The peer acknowledges a TSN that has not been sent.
  bool cumulative_advanced = false;
  bool acknowledged = false;   // A chunk for the first time, if only by a gap block: the peer takes data (8.1).
  bool loss_found = false;     // By three reports, or by time: retransmit now.
  size_t released_bytes = 0;   // Payload that needs to be kept no longer.
};

class Outstanding {
 public:
  struct TxChunk {
    OutboundFragment fragment;
    SentTime sent;       // The last time.
    uint8_t path;        // The path it left by last.
    uint8_t reneged_by;  // If a SACK took the chunk back: that SACK's number, its last eight bits.
    uint16_t retransmissions : 10;  // Probes included. Limits::kMostRetransmissions stands for more.
    uint16_t missing_reports : 2;
    bool reneged : 1;
    bool begins_packet : 1;      // When the chunk was first sent.
    bool acknowledged_once : 1;  // By a gap block, even if that was taken back since.
    bool given_up : 1;           // Its message has been given up, and its payload released.

    bool sent_again() const { return retransmissions != 0; }
  };

  static_assert(sizeof(TxChunk) == 40);  // Users notice its size: a larger record leaves room for fewer messages in a send buffer.

  Outstanding(Segments& payload, Limits& limits) : payload_(payload), limits_(limits) {}

  void Reset(uint32_t initial_tsn);
  // The next chunk has that TSN. None is outstanding.
  void GoOnWith(uint32_t next_tsn) { next_tsn_ = next_tsn; }
  // Data travels in I-DATA chunks (RFC 8260).
  void SetInterleaving(bool agreed, bool second_is_zero) {
    steps_back_ = agreed ? std::make_unique<Ring<uint16_t>>() : nullptr;
    second_is_zero_ = second_is_zero;
  }
  bool interleaves() const { return steps_back_ != nullptr; }

  bool empty() const { return chunks_.empty(); }
  size_t size() const { return chunks_.size(); }
  const TxChunk& front() const { return chunks_.front(); }
  uint32_t next_tsn() const { return next_tsn_; }
  uint64_t next_number() const { return end(); }
  uint32_t first_tsn() const { return next_tsn_ - static_cast<uint32_t>(chunks_.size()); }  // The first TSN not acknowledged.

  // `has_more`: new data waits behind the outstanding chunks.
  SackOutcome OnSack(const SackChunk& sack, bool has_more, TimeUs now, PathSet& paths);
  // Handles the acknowledgement in a SHUTDOWN chunk.
  SackOutcome OnCumulative(uint32_t cumulative_tsn, TimeUs now, PathSet& paths);
  // A path's T3 has expired: all chunks on their way there must be sent again.
  void MarkAllLost(PathSet& paths, const Path& path);
  // The path with that number goes; nothing is on its way there any more. What names it names the other one from now on.
  void MovePath(uint8_t from, uint8_t to);
  // No acknowledgement has come, but time may show losses by now. True if it does.
  bool OnTime(TimeUs now, PathSet& paths);

  // Writes a chunk with the next TSN, and counts it as on its way.
  void WriteNew(const OutboundFragment& fragment, bool begins_packet, TimeUs now, Path& path, uint8_t* chunk);
  // The first lost chunk; null if there is none.
  const TxChunk* NextLost();
  bool NextLostIsEarliest() const { return NextLostNumber() == first_; }
  void WriteLost(PathSet& paths, Path& path, TimeUs now, uint8_t* chunk);

  // For a probe: the last chunks on their way by a path that may be sent again, as many as fit into `room` bytes. The range [first, end) of their numbers,
  // which may have others in between; empty if the last of them does not fit.
  struct Range {
    uint64_t first, end;
  };
  Range Tail(const Path& path, TimeUs now, size_t room) const;
  // The first chunk of the range from `number` on that may go into the probe; range.end if there is none.
  uint64_t NextOfTail(const Path& path, TimeUs now, uint64_t number, Range range) const;
  size_t PayloadBytes(uint64_t number) const { return chunks_[static_cast<size_t>(number - first_)].fragment.length; }
  // Writes a chunk once more that is on its way.
  void WriteAgain(uint64_t number, Path& path, TimeUs now, uint8_t* chunk);

  // Calls `each` with every chunk whose payload is kept, oldest first: a gap block does not acknowledge for good, since the peer may still drop the chunk
  // (RFC 9260 section 6.2).
  template <typename Each>
  void ForEachKept(Each each) const {
    for (size_t place = 0; place < chunks_.size(); ++place)
      if (!chunks_[place].given_up) each(chunks_[place]);
  }

  // Giving up (outstanding_skip.cc; RFC 3758 section 3.5). A chunk that is given up in flight stays in flight until the peer answers, or until it is lost: the
  // network still carries it. It is never sent again.
  // Gives up the chunks of a message, of which `last` is the number of the last one, and calls `each` with each before: `each` releases its payload. Chunks of
  // other messages may lie between them, and are not looked at.
  template <typename Each>
  void GiveUpMessage(uint64_t last, Each each) {
    std::vector<uint64_t> numbers;
    for (uint64_t number = last; number >= first_;) {
      numbers.push_back(number);
      const uint64_t back = StepBack(number);
      if (back == 0 || number - first_ < back) break;
      number -= back;
    }
    work_ += numbers.size();
    for (; !numbers.empty(); numbers.pop_back()) {
      const uint64_t number = numbers.back();
      const TxChunk& chunk = ChunkAt(number);
      if (chunk.given_up) continue;
      each(chunk, sets().acknowledged.Contains(number));
      GiveUp(number);
    }
  }
  // Gives a TSN to a fragment that will never be sent.
  void AddGivenUp(const OutboundFragment& fragment);
  // The chunk that was added last belongs to a message with a limit, of which the chunk before has that number.
  void LinkLast(uint64_t before) {
    if (interleaves() && end() - 1 - before <= UINT16_MAX) steps_back_->back() = static_cast<uint16_t>(end() - 1 - before);
  }
  // The peer may skip all chunks before this number.
  uint64_t skip_end() const { return skip_end_; }
  uint64_t first_number() const { return first_; }
  // Looks whether the peer may skip further chunks.
  void AdvanceSkip();
  // The chunks that a FORWARD TSN lists: gives the last TSN to be skipped, and the streams with their highest numbers. If there are very many chunks, or more
  // than `most` streams, the list ends earlier, at the end of a message.
  uint32_t ListSkipped(size_t most, std::vector<SkippedStream>* streams, uint64_t* end) const;

  // Forgets all chunks; the caller releases their payload.
  void Clear();
  // Gives memory back if no chunk is outstanding.
  void Trim();

  PeerWindow window;

  // Chunks and gap blocks looked at so far, for tests of cost.
  uint64_t work() const { return work_; }

 private:
  static constexpr uint32_t kRenegeCredit = 1024;

  // A chunk's number is the count of chunks before it since the association began.
  uint64_t end() const { return first_ + chunks_.size(); }
  TxChunk& ChunkAt(uint64_t number) { return chunks_[static_cast<size_t>(number - first_)]; }
  uint64_t NextLostNumber() const { return sets().lost.Next(first_, end()); }
  size_t in_flight_chunks() const { return chunks_.size() - sets().acknowledged.size() - sets().lost.size() - sets().given_up.size(); }
  uint32_t TsnOf(uint64_t number) const { return first_tsn() + static_cast<uint32_t>(number - first_); }
  bool IsInFlight(uint64_t number) const {
    return sets().missing.Contains(number) && (sets().lost.empty() || !sets().lost.Contains(number));
  }
  template <typename Each>
  void ForEachSet(Each each) {
    Sets& all = sets();
    for (ChunkSet* set : {&all.acknowledged, &all.missing, &all.lost, &all.given_up}) each(*set);
  }
  bool Concerns(uint32_t cumulative_tsn) const;
  bool ReportsUnsent(const SackChunk& sack) const;
  TxChunk& Append(const OutboundFragment& fragment);
  // How far before a chunk the one before it of the same message is; 0 if there is none any more. Of a message with a limit.
  uint64_t StepBack(uint64_t number) {
    if (interleaves()) return (*steps_back_)[static_cast<size_t>(number - first_)];
    return number > first_ && ChunkAt(number - 1).fragment.limit == ChunkAt(number).fragment.limit ? 1 : 0;
  }
  static void CountRetransmission(TxChunk& chunk);
  void GiveUp(uint64_t number);
  void WriteChunk(uint32_t tsn, const OutboundFragment& fragment, uint8_t* chunk) const;
  static void EndTiming(uint32_t tsn, const TxChunk& chunk, TimeUs now, Path& path);
  void Acknowledge(uint64_t number, const TxChunk& chunk, TimeUs now, Path& path);
  void Lose(uint64_t number, PathSet& paths);
  // Applies a SACK's gap blocks. Returns the end of the range in which chunks in flight are reported missing.
  uint64_t TakeGapBlocks(const SackChunk& sack, TimeUs now, PathSet& paths, SackOutcome* outcome);
  void Renege(uint64_t begin, uint64_t end, PathSet& paths);
  void Unacknowledge(uint64_t number, PathSet& paths);
  void CountReports(uint64_t reported_end, size_t reports_for_loss, PathSet& paths, SackOutcome* outcome);
  // Losses by time.
  bool FindLosses(TimeUs now, PathSet& paths);
  bool FindLossesOf(Path& path, TimeUs now, PathSet& paths);
  bool IsStale(const InFlight::Again& again, const Path& path) const;
  // Whether a probe may send the chunk: it is on its way by the path, and its message has neither been given up, nor would be for that.
  bool MayProbe(uint64_t number, const Path& path, TimeUs now) const;
  void LoseInTime(uint64_t number, PathSet& paths);
  void TakeDuplicates(const SackChunk& sack, PathSet& paths);
  void JudgeProbe(Path& path, TimeUs now);
  void Recall(PathSet& paths, const Path& path);
  size_t OutstandingPackets() const;
  size_t ReportsForLoss(const Path& path, uint32_t a_rwnd, bool has_more) const;
  size_t PopAcknowledged(uint32_t cumulative_tsn, TimeUs now, PathSet& paths);

  Segments& payload_;
  Limits& limits_;
  Ring<TxChunk> chunks_;
  std::unique_ptr<Ring<uint16_t>> steps_back_;  // With interleaving, for each chunk: see StepBack. Else null.
  uint32_t next_tsn_ = 0;
  uint32_t packet_begins_ = 0;  // Chunks that were the first of their packets.
  // An outstanding chunk is acknowledged (by gap blocks only), or missing, or given up and not in flight. A missing chunk is in flight, or lost and to be sent
  // again. Reports that a chunk is missing count for chunks in flight that were sent once.
  struct Sets {
    ChunkSet acknowledged, missing, lost, given_up;
    InFlightByPath in_flight;
  };
  Sets& sets() {
    if (sets_ == nullptr) [[unlikely]]
      sets_ = std::make_unique<Sets>();
    return *sets_;
  }
  const Sets& sets() const {
    static const Sets kNone{};
    return sets_ == nullptr ? kNone : *sets_;
  }
  std::unique_ptr<Sets> sets_;  // Null until something is sent, and again once nothing has been for a while: an idle association has none.
  uint64_t first_ = 0;  // The number of the first outstanding chunk.
  uint64_t skip_end_ = 0;      // Chunks from first_ up to here need not arrive: the Advanced.Peer.Ack.Point.
  uint32_t given_up_ahead_ = 0;  // Chunks from skip_end_ on that are given up.
  uint32_t renege_credit_ = 0;  // How many chunks the peer may still take back, until it acknowledges some for good, or T3 expires.
  uint8_t last_path_ = 0;  // That new data left by last. A chunk that is given up before it leaves names it too: there always is a path of that number.
  uint8_t sack_number_ = 0;
  bool second_is_zero_ = false;  // The numbers of fragments that the peer wants: see Capabilities.
  bool distrusts_ = false;    // The peer took back more than that: it is believed only when T3 expires.
  uint64_t work_ = 0;
};

}  // namespace mailport::sctp
