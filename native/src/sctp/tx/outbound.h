// What an association sends: messages waiting, fragments on their way, and what acknowledgements make of them (RFC 9260 sections 6.1,
// 6.3, 6.9, 7.2.4). Messages leave first come, first served; it writes chunks and leaves packets to the association.
#pragma once

#include <cstdint>
#include <vector>

#include "byte_ring.h"
#include "chunk_set.h"
#include "../option.h"
#include "../path.h"
#include "../ring.h"
#include "../stream_numbers.h"
#include "../types.h"

namespace mailport::sctp {

// A chunk, or a message not yet cut into chunks, that will not be delivered.
struct FailedSend {
  Bytes payload;
  bool transmitted;
  uint32_t stream, ssn, flags, ppid, context, time_to_live_ms;
};

class OutboundSink {
 public:
  virtual ~OutboundSink() = default;
  virtual void OnSendFailed(const FailedSend& failed) = 0;
};

struct SackOutcome {
  bool valid = false;
  bool cumulative_advanced = false;
  bool acknowledged = false;   // Something for the first time, be it by a gap block: the peer takes what is sent (8.1).
  bool loss_found = false;     // Three reports: retransmit now.
  size_t released_bytes = 0;   // Payload that needs to be kept no longer.
};

class Outbound {
 public:
  void Reset(uint32_t initial_tsn, uint32_t peer_window);
  void SetPeerWindow(uint32_t bytes) { peer_window_ = advertised_window_ = bytes; }

  void Push(const SendParams& params, Bytes data, TimeUs now);
  bool HasPending() const { return !pending_.empty(); }
  bool HasOutstanding() const { return !outstanding_.empty(); }
  bool empty() const { return pending_.empty() && outstanding_.empty(); }
  // Payload that is kept, and the same with what keeping it costs beside, which is most of it where messages are tiny.
  size_t held_bytes() const { return held_bytes_; }
  size_t charged_bytes() const { return held_bytes_ + (pending_.size() + outstanding_.size()) * sizeof(Pending); }
  size_t outstanding_chunks() const { return outstanding_.size(); }
  uint32_t peer_window() const { return peer_window_; }
  // By what it said last, the peer has no room for the earliest chunk that it has not acknowledged.
  bool PeerIsFull() const { return !outstanding_.empty() && advertised_window_ < outstanding_.front().length; }
  uint32_t next_tsn() const { return next_tsn_; }
  uint32_t first_tsn() const { return next_tsn_ - static_cast<uint32_t>(outstanding_.size()); }  // Of what is not acknowledged.

  SackOutcome OnSack(uint32_t cumulative_tsn, uint32_t window, Bytes gap_blocks, TimeUs now, Path& path);
  // The part of a SHUTDOWN chunk that acknowledges.
  SackOutcome OnCumulative(uint32_t cumulative_tsn, TimeUs now, Path& path);
  // T3 has expired: all that is on its way is to be sent again.
  void MarkAllLost(Path& path);

  // Payload of the next retransmission, 0 if there is none; and writing its chunk, header included.
  size_t NextRetransmissionBytes();
  bool NextRetransmissionIsEarliest() const { return NextLost() == first_; }
  size_t WriteRetransmission(uint8_t* chunk, Path& path);
  // Payload of the next new chunk, cut to `fragment_bytes`, 0 if there is none. Drops what has outlived its time.
  size_t NextNewBytes(size_t fragment_bytes, TimeUs now, OutboundSink& sink, size_t* released);
  // `begins_packet`: no other new chunk is in its packet yet.
  size_t WriteNew(uint8_t* chunk, size_t payload_bytes, bool begins_packet, TimeUs now, Path& path);
  // Bytes on the wire that all pending messages need, counted up to `limit`.
  bool PendingFills(size_t limit) const { return pending_bytes_ + pending_.size() * 16 >= limit; }
  // Sets the I bit in the chunk written last (RFC 9260 section 3.3.1).
  static void RequestImmediateSack(uint8_t* chunk);

  // Reports everything that was not acknowledged, oldest first, cut as it would have been sent, and forgets it.
  void FailAll(size_t fragment_bytes, OutboundSink& sink);
  // Reports what waits for a stream that the peer does not have.
  size_t FailStreamsFrom(uint32_t streams, size_t fragment_bytes, OutboundSink& sink);
  void Trim();
  // Chunks and gap blocks looked at so far: what tests of cost count.
  uint64_t work() const { return work_; }

 private:
  static constexpr size_t kRenegeCredit = 1024;
  // What a chunk takes of the peer's window beside its payload. Receivers count what a message costs them, not its bytes alone, and drop what
  // does not fit; ours takes three windows' worth before it does (inbound.cc), which this keeps us below, whatever the messages' size.
  static constexpr uint32_t kWindowOverheadBytes = 32;
  static uint32_t WindowCharge(uint32_t payload_bytes) { return payload_bytes + kWindowOverheadBytes; }

  struct TxChunk {
    uint64_t position;
    uint32_t length;
    uint32_t ppid;
    uint32_t context;
    uint16_t stream;
    uint16_t ssn;
    uint8_t flags;
    uint8_t missing_reports;
    uint8_t reneged_by;      // Of the SACK that took it back, if one has, the number's last eight bits.
    bool reneged;
    bool sent_again;
    bool begins_packet;      // As it was first sent.
    bool acknowledged_once;  // By a gap block, which may have been taken back.
  };
  struct Pending {
    uint64_t position;
    uint32_t length;
    uint32_t sent;  // Bytes already cut off as fragments.
    uint32_t ppid;
    uint32_t context;
    uint32_t time_to_live_ms;
    uint16_t stream;
    bool unordered;
    TimeUs expires_at;
  };

  void EndTiming(uint32_t tsn, const TxChunk& chunk, TimeUs now, Path& path);
  // Chunks by number: how many there were before, since the association began.
  uint64_t end() const { return first_ + outstanding_.size(); }
  TxChunk& ChunkAt(uint64_t number) { return outstanding_[static_cast<size_t>(number - first_)]; }
  uint64_t NextLost() const { return lost_.Next(first_, end()); }
  size_t in_flight_chunks() const { return outstanding_.size() - acknowledged_.size() - lost_.size(); }
  void Acknowledge(uint64_t number, Path& path, size_t* acked);
  void Lose(uint64_t number, Path& path);
  // What a SACK says behind its cumulative acknowledgement. Gives where the chunks end that it reports missing if they are in flight.
  uint64_t TakeGapBlocks(uint32_t cumulative_tsn, Bytes gap_blocks, TimeUs now, Path& path, SackOutcome* outcome, size_t* acked);
  void Renege(uint64_t begin, uint64_t end, Path& path);
  void Unacknowledge(uint64_t number, Path& path);
  void CountReports(uint64_t reported_end, size_t reports_for_loss, Path& path, SackOutcome* outcome);
  size_t OutstandingPackets() const;
  size_t ReportsForLoss(const Path& path, uint32_t window) const;
  size_t PopAcknowledged(uint32_t cumulative_tsn, TimeUs now, Path& path, size_t* acked);
  void ReleaseBytes();
  void WriteChunk(uint8_t* chunk, uint32_t tsn, const TxChunk& record);
  void FailPending(const Pending& message, size_t fragment_bytes, OutboundSink& sink);

  ByteRing bytes_;
  Ring<TxChunk> outstanding_;
  Ring<Pending> pending_;
  uint32_t next_tsn_ = 0;
  uint32_t peer_window_ = 0;
  uint32_t advertised_window_ = 0;  // As the peer said it last.
  size_t pending_bytes_ = 0;
  size_t held_bytes_ = 0;
  size_t packet_begins_ = 0;  // Outstanding chunks that were the first of their packets.
  // What is outstanding is acknowledged by gap blocks only, or missing: in flight, or lost and to be sent again. Suspects are those in flight that were
  // sent once: reports that they are missing count.
  uint64_t first_ = 0;  // The number of the first one.
  ChunkSet acknowledged_, missing_, lost_, suspects_;
  uint8_t sack_number_ = 0;
  size_t renege_credit_ = 0;  // So many chunks may be taken back, until something is acknowledged for good, or T3 expires.
  bool distrusts_ = false;    // More have been taken back than that: only T3 believes it.
  uint64_t work_ = 0;
  StreamNumbers next_ssn_;
  std::vector<uint8_t> scratch_;
};

}  // namespace mailport::sctp
