// The sending side of an association: accepted payload, messages that wait, and chunks on their way. The DataSender sees to packets, timers and windows.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "../option.h"
#include "../packet/packet.h"
#include "../path_set.h"
#include "limits.h"
#include "outstanding.h"
#include "segments.h"
#include "send_queue.h"

namespace mailport::sctp {

// A chunk, or a message not yet cut into chunks, that will not be delivered. The lifetime may be another limit.
struct FailedSend {
  Bytes payload;
  bool transmitted;
  uint32_t stream, ssn, flags, ppid, context, time_to_live_ms;
};

class OutboundSink {
 public:
  virtual ~OutboundSink() = default;
  virtual void OnSendFailed(const FailedSend& failed) = 0;
  // A message was given up by its limit: `sent` if a part of it had left.
  virtual void OnGivenUp(PrPolicy, bool) {}
};

class Outbound {
 public:
  explicit Outbound(SegmentPool& pool) : payload_(pool), outstanding_(payload_, limits_) {}

  void Reset(uint32_t initial_tsn, uint32_t peer_window);
  // Whether messages that have left may be given up (RFC 3758).
  void SetPartialReliability(bool agreed) { limits_.agreed = agreed; }
  // Both ends know I-DATA, which carries all data then (RFC 8260). Nothing has left yet. `second_is_zero`: see Capabilities.
  void SetInterleaving(bool agreed, bool second_is_zero = false) {
    queue_.SetInterleaving(agreed);
    outstanding_.SetInterleaving(agreed, second_is_zero);
  }
  bool interleaves() const { return outstanding_.interleaves(); }
  // The header of a chunk with data.
  size_t header_bytes() const { return DataHeaderBytes(interleaves()); }

  // Which stream's messages leave next (RFC 8260 section 3). The values belong to a scheduler that has such: see StreamScheduler.
  const StreamScheduler& scheduler() const { return queue_.scheduler(); }
  void Choose(Scheduler scheduler) { queue_.Choose(scheduler); }
  void ChooseLike(const StreamScheduler& other) { queue_.ChooseLike(other); }
  void SetStreamValue(uint16_t stream, uint16_t value) { queue_.SetStreamValue(stream, value); }
  // The next new chunk must not join the new chunks that are in the present packet. BeginPacket: no new chunk is in it yet.
  bool WantsNewPacket() const { return queue_.WantsNewPacket(); }
  void BeginPacket() { queue_.BeginPacket(); }
  void SetPeerWindow(uint32_t bytes) { outstanding_.window.Begin(bytes); }

  // Re-configuration (RFC 6525). Messages that are pushed from now on for these streams wait until ReleaseHeld; no streams are all of them.
  void Hold(std::span<const uint16_t> streams) { queue_.Hold(streams); }
  // Whether the messages of these streams that came before have left.
  bool HeldStreamsAreDrained() const { return queue_.HeldStreamsAreDrained(); }
  void ReleaseHeld() { queue_.ReleaseHeld(); }
  // The streams begin anew. Their messages have left, unless they are held.
  void ResetStreams(std::span<const uint16_t> streams) { queue_.ResetNumbers(streams); }
  // All streams begin anew, and TSNs go on with this one. Nothing is outstanding.
  void Restart(uint32_t next_tsn) {
    queue_.ResetNumbers();
    outstanding_.GoOnWith(next_tsn);
  }

  void Push(const SendParams& params, Bytes data, TimeUs now);
  bool HasPending() const { return queue_.HasNext(); }
  bool HasOutstanding() const { return !outstanding_.empty(); }
  bool empty() const { return queue_.empty() && outstanding_.empty(); }
  // Payload that is kept. charged_bytes adds the cost of keeping it, which is most of the total where messages are tiny. A waiting message counts as one chunk,
  // so the charge stays the same when the message leaves as a chunk.
  size_t held_bytes() const { return held_bytes_; }
  size_t charged_bytes() const {
    return held_bytes_ + (queue_.size() + outstanding_.size()) * sizeof(Outstanding::TxChunk) + limits_.size() * Limits::kCostBytes;
  }
  size_t outstanding_chunks() const { return outstanding_.size(); }
  uint32_t peer_window() const { return outstanding_.window.left(); }
  // The window that the peer advertised last has no room for the earliest unacknowledged chunk.
  bool PeerIsFull() const {
    return !outstanding_.empty() && !outstanding_.front().given_up && outstanding_.window.advertised() < outstanding_.front().fragment.length;
  }
  uint32_t next_tsn() const { return outstanding_.next_tsn(); }
  uint32_t first_tsn() const { return outstanding_.first_tsn(); }

  SackOutcome OnSack(const SackChunk& sack, TimeUs now, PathSet& paths);
  SackOutcome OnCumulative(uint32_t cumulative_tsn, TimeUs now, PathSet& paths);
  void MarkAllLost(PathSet& paths, const Path& path) { outstanding_.MarkAllLost(paths, path); }
  void MovePath(uint8_t from, uint8_t to) { outstanding_.MovePath(from, to); }
  bool OnTime(TimeUs now, PathSet& paths) { return outstanding_.OnTime(now, paths); }

  // Payload bytes of the next retransmission, 0 if there is none. WriteRetransmission writes its chunk, header included.
  size_t NextRetransmissionBytes();
  bool NextRetransmissionIsEarliest() const { return outstanding_.NextLostIsEarliest(); }
  void WriteRetransmission(PathSet& paths, Path& path, TimeUs now, uint8_t* chunk) { outstanding_.WriteLost(paths, path, now, chunk); }
  // Writes the last chunks on their way by a path once more, into the room that the packet has: those that may be sent again. Returns how many.
  size_t WriteProbe(Path& path, TimeUs now, PacketBuilder& packet);
  // Gives up the messages whose next retransmission is one too many, or comes too late (RFC 3758 section 4.1 TR4, RFC 7496 section 3.1). Returns how many bytes
  // are kept no longer.
  size_t GiveUpLost(size_t fragment_bytes, TimeUs now, OutboundSink& sink);
  // Gives up the least important message, one with a priority beyond `value`, or with any priority (RFC 7496 section 3.2). False: there is none.
  bool GiveUpLeastImportant(std::optional<uint32_t> value, size_t fragment_bytes, OutboundSink& sink, size_t* released);
  // The chunks that the peer is to skip: see Outstanding.
  const Outstanding& outstanding() const { return outstanding_; }
  bool HasSkipped() const { return outstanding_.skip_end() > outstanding_.first_number(); }

  // Payload bytes of the next new chunk, at most `fragment_bytes`, 0 if there is none. First gives up messages whose lifetime has ended.
  size_t NextNewBytes(size_t fragment_bytes, TimeUs now, OutboundSink& sink, size_t* released);
  // `begins_packet`: no other new chunk is in its packet yet.
  void WriteNew(size_t payload_bytes, bool begins_packet, TimeUs now, Path& path, uint8_t* chunk);
  // Whether all pending messages together need at least `limit` bytes on the wire.
  bool PendingFills(size_t limit) const { return queue_.bytes() + queue_.size() * header_bytes() >= limit; }

  // Reports all data that was not acknowledged, oldest first, cut into fragments as for sending, and forgets it.
  void FailAll(size_t fragment_bytes, OutboundSink& sink);
  // Reports and drops the messages for streams that the peer does not have. Returns how many bytes are kept no longer.
  size_t FailStreamsFrom(uint32_t streams, size_t fragment_bytes, OutboundSink& sink);
  void Trim();
  // Chunks and gap blocks looked at so far, for tests of cost.
  uint64_t work() const { return outstanding_.work(); }

 private:
  void Fail(const QueuedMessage& message, size_t fragment_bytes, OutboundSink& sink);
  // Fails a message that has been taken out of the queue unsent.
  void FailTaken(const QueuedMessage& message, size_t fragment_bytes, OutboundSink& sink);
  void Fail(const Outstanding::TxChunk& chunk, OutboundSink& sink);
  // The message's limit forbids to go on. Returns how many bytes are kept no longer.
  size_t GiveUp(LimitId id, size_t fragment_bytes, OutboundSink& sink);
  uint32_t LimitOf(LimitId id) const { return id == kNoLimit ? 0 : limits_[id].value; }
  std::vector<uint8_t> Read(uint64_t position, size_t length) const;

  Segments payload_;
  Limits limits_;
  SendQueue queue_;
  Outstanding outstanding_;
  size_t held_bytes_ = 0;
};

}  // namespace mailport::sctp
