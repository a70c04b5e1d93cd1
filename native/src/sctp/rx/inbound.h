// The receiving side of an association: which TSNs have come, reassembly of fragments, order within streams, and the window that is left (RFC 9260 sections
// 6.2, 6.5, 6.6, 6.9). The Acknowledger decides when a SACK leaves.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "../packet/data_chunk.h"
#include "../packet/forward_tsn_chunk.h"
#include "interleaved_reassembly.h"
#include "reassembly.h"
#include "receive_window.h"
#include "stream_order.h"
#include "tsn_tracker.h"

namespace mailport::sctp {

class InboundSink {
 public:
  virtual ~InboundSink() = default;
  // A message is due. True: the application has it. False: it waits in the socket's queue, and Inbound::OnConsumed follows later.
  // `owned` may be moved from if not null; it then holds the payload.
  virtual bool OnMessage(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned) = 0;
  // Whether the application is taking messages now, so that a message larger than the window may go on growing (section 6.9).
  virtual bool IsReading() const = 0;
  // How many bytes may be held of this association at present, whatever its window is.
  virtual size_t HoldLimit() const = 0;
  // Whether a message of which `bytes` have come may go on though it has outgrown what may be held. True also if there could never be room for it: it ends its
  // association rather than wait for ever.
  virtual bool MayOutgrowLimit(size_t bytes) const = 0;
  // A message larger than the window waits only for the application: call Inbound::OnReading when it reads again.
  virtual void OnStuck() = 0;
};

enum class DataResult { kAccepted, kDuplicate, kDropped, kBadStream, kMalformed, kTooLarge };

class Inbound {
 public:
  // Cost of a message in the socket's queue beside its payload: its place there, and an allocation.
  static constexpr size_t kQueuedOverheadBytes = 104;
  static constexpr size_t kMaxMessageBytes = size_t{64} << 20;  // A message being put together beyond its window (section 6.9).

  // Memory of messages that come in parts.
  using Pool = InterleavedReassembly::Pool;
  Inbound(InboundSink& sink, Pool& pool) : sink_(sink), pool_(pool), reassembly_(&pool.pieces) {}

  // Begins with the peer's first TSN and the number of streams that it may use. `gives_up`: the peer may give up messages (RFC 3758). `interleaves`: all data
  // comes in I-DATA chunks (RFC 8260). `second_is_zero`: see Capabilities.
  void Reset(uint32_t peer_initial_tsn, uint16_t streams, bool gives_up = false, bool interleaves = false, bool second_is_zero = false);
  // `bytes` wait in the socket's queue already, from the peer's life before.
  void KeepQueued(size_t bytes) { queued_bytes_ = bytes; }
  void SetWindow(size_t bytes) { window_.SetSize(bytes); }

  DataResult OnData(const DataChunk& chunk);
  // The peer has given up messages (RFC 3758 section 3.6). False: we knew.
  bool OnForwardTsn(const ForwardTsnChunk& forward);
  // Re-configuration (RFC 6525; inbound_reset.cc). The peer begins anew with the numbers of these streams; no streams are all of them.
  void ResetStreams(std::span<const uint16_t> streams);
  // All streams begin anew, and what the peer has sent before this TSN need not come any more.
  void Restart(uint32_t next_tsn);
  // The peer has been asked for that, and may have begun anew before its answer comes: messages of numbers that are past are not taken.
  void ExpectRestart(bool expects) { expects_restart_ = expects; }
  void AddStreams(uint16_t streams) { streams_ = static_cast<uint16_t>(streams_ + streams); }

  // The application took a message of `bytes` from the socket's queue.
  void OnConsumed(size_t bytes);
  // The application reads again: a message that has filled the window may go on.
  void OnReading() { ExemptIfStuck(); }
  // Nobody will ever read: data that comes is acknowledged and dropped.
  void Discard();

  uint32_t cumulative_tsn() const { return tsns_.cumulative(); }
  // How many TSNs below the highest received one have not come.
  size_t missing_chunks() const { return tsns_.seen().missing(); }
  bool HasGaps() const { return tsns_.seen().HasGaps(); }
  bool HasDuplicates() const { return tsns_.HasDuplicates(); }
  uint32_t AdvertisedWindow() const { return window_.Advertised(held_bytes(), sink_.HoldLimit()); }
  // The application has drained so much since the last SACK that the peer should hear of it.
  bool WantsWindowUpdate(size_t packet_bytes) const { return window_.WantsUpdate(AdvertisedWindow(), packet_bytes); }
  // The window is so narrow that the peer may wait for it.
  bool HoldsPeerUp() const { return AdvertisedWindow() < window_.size() / 2; }

  // Bytes that the window counts: payload that waits, and the overhead of holding it.
  size_t held_bytes() const { return reassembly_.held_bytes() + order_.held_bytes() + queued_bytes_ + (interleaves() ? interleaved_->held_bytes() : 0); }
  // Bytes of messages that have outgrown the window: held as well, but not counted in held_bytes.
  size_t exempt_bytes() const { return reassembly_.exempt_bytes() + (interleaves() ? interleaved_->exempt_bytes() : 0); }
  // The part of held_bytes that waits in the socket's queue.
  size_t queued_bytes() const { return queued_bytes_; }
  // What else is held for data that has not come: a list of streams that are to begin anew behind it.
  void SetBytesAside(size_t bytes) { bytes_aside_ = static_cast<uint32_t>(bytes); }
  // Tables of streams and TSNs, which the window does not count either.
  size_t table_bytes() const { return bytes_aside_ + order_.table_bytes() + tsns_.seen().memory_bytes() + (interleaves() ? interleaved_->table_bytes() : 0); }
  uint16_t streams() const { return streams_; }
  // Gives memory back that only losses needed.
  void Trim() {
    tsns_.Trim();
    reassembly_.Trim();
  }
  // Bytes copied and records looked at so far, for tests of cost.
  uint64_t work() const { return reassembly_.copied_bytes() + order_.copied_bytes() + tsns_.seen().work() + (interleaves() ? interleaved_->copied_bytes() : 0); }

  // Size of the SACK chunk that fits into `room` bytes. WriteSack writes it, forgets the duplicates and notes the advertised window.
  size_t SackBytes(size_t room) const { return tsns_.SackBytes(room); }
  void WriteSack(uint8_t* chunk, size_t bytes);

 private:
  bool interleaves() const { return interleaved_ != nullptr; }
  bool HasRoom(uint64_t tsn, size_t bytes) const;
  DataResult Take(const Fragment& chunk);
  DataResult TakeInterleaved(const Fragment& chunk, uint32_t fsn);
  DataResult TakeBadStream(const Fragment& chunk);
  // There are no gaps, and yet a kept message still waits for an earlier one of its stream: it would be held for ever.
  bool WaitsForNothing() const { return !gives_up_ && order_.keeps_any() && !HasGaps() && reassembly_.empty(); }
  void SkipStream(const SkippedStream& skipped);
  bool Fits(const Fragment& chunk) const { return gives_up_ || reassembly_.Fits(chunk, tsns_.seen()); }
  void Complete(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned);
  // Delivers the kept messages of a stream whose turn it is now.
  void DeliverKept(uint16_t stream);
  void Deliver(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned);
  void ExemptIfStuck();
  void ExemptInterleaved();
  // Whether a message that fills the window, with `bytes` so far, is to count as taken.
  bool MayExempt(size_t bytes);

  InboundSink& sink_;
  Pool& pool_;
  TsnTracker tsns_;
  Reassembly reassembly_;
  std::unique_ptr<InterleavedReassembly> interleaved_;  // In its place if both ends know I-DATA. Else null.
  StreamOrder order_;
  ReceiveWindow window_;
  uint16_t streams_ = 0;
  bool gives_up_ = false;  // The peer may give up messages.
  bool second_is_zero_ = false;
  bool discarding_ = false;
  bool expects_restart_ = false;
  uint32_t bytes_aside_ = 0;
  size_t queued_bytes_ = 0;  // Messages in the socket's queue, overhead included.
};

}  // namespace mailport::sctp
