// What an association receives: which TSNs have come, fragments put together, order within streams, and the window that is left (RFC 9260 sections 6.2,
// 6.5, 6.6, 6.9). When a SACK leaves is the Acknowledger's.
#pragma once

#include <cstdint>
#include <vector>

#include "../packet/data_chunk.h"
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
  // What may be held of this association at the moment, whatever its window is.
  virtual size_t HoldLimit() const = 0;
  // Such a message waits only for that: Inbound::OnReading is wanted when the application reads again.
  virtual void OnStuck() = 0;
};

enum class DataResult { kAccepted, kDuplicate, kDropped, kBadStream, kMalformed, kTooLarge };

class Inbound {
 public:
  // What a message costs beside its payload in the socket's queue: its place there, and an allocation.
  static constexpr size_t kQueuedOverheadBytes = 104;
  static constexpr size_t kMaxMessageBytes = size_t{64} << 20;  // A message being put together beyond its window (section 6.9).

  explicit Inbound(InboundSink& sink) : sink_(sink) {}

  // The peer's first TSN is known, and how many streams it may use.
  void Reset(uint32_t peer_initial_tsn, uint16_t streams);
  // So much waits in the socket's queue already, from the peer's life before.
  void KeepQueued(size_t bytes) { queued_bytes_ = bytes; }
  void SetWindow(size_t bytes) { window_.SetSize(bytes); }

  DataResult OnData(const DataChunk& chunk);
  // The application took a message of `bytes` from the socket's queue.
  void OnConsumed(size_t bytes);
  // The application reads again: a message that has filled the window may go on.
  void OnReading() { ExemptIfStuck(); }
  // Nobody will ever read: what comes is acknowledged, and nothing of it is kept.
  void Discard();

  uint32_t cumulative_tsn() const { return tsns_.cumulative(); }
  // TSNs that have not come, of those below the highest that has.
  size_t missing_chunks() const { return tsns_.seen().missing(); }
  bool HasGaps() const { return tsns_.seen().HasGaps(); }
  bool HasDuplicates() const { return tsns_.HasDuplicates(); }
  uint32_t AdvertisedWindow() const { return window_.Advertised(held_bytes(), sink_.HoldLimit()); }
  // The application has drained so much since the last SACK that the peer should hear of it.
  bool WantsWindowUpdate(size_t packet_bytes) const { return window_.WantsUpdate(AdvertisedWindow(), packet_bytes); }
  // The window is so narrow that the peer may wait for it.
  bool HoldsPeerUp() const { return AdvertisedWindow() < window_.size() / 2; }

  // What the window counts: payload that waits, and what holding it costs beside.
  size_t held_bytes() const { return reassembly_.held_bytes() + order_.held_bytes() + queued_bytes_; }
  // Of a message that has outgrown the window: held as well, but not counted there.
  size_t exempt_bytes() const { return reassembly_.exempt_bytes(); }
  // What of that waits in the socket's queue.
  size_t queued_bytes() const { return queued_bytes_; }
  // What is kept of streams and TSNs, which the window does not count either.
  size_t table_bytes() const { return order_.table_bytes() + tsns_.seen().memory_bytes(); }
  uint16_t streams() const { return streams_; }
  // Gives memory back that only losses needed.
  void Trim() { tsns_.Trim(); }
  // Bytes copied and records looked at so far: what tests of cost count.
  uint64_t work() const { return reassembly_.copied_bytes() + order_.copied_bytes() + tsns_.seen().work(); }

  // Size of the SACK chunk in at most `room` bytes, and writing it. Writing forgets the duplicates and notes the window told.
  size_t SackBytes(size_t room) const { return tsns_.SackBytes(room); }
  void WriteSack(uint8_t* chunk, size_t bytes);

 private:
  bool HasRoom(uint64_t tsn, size_t bytes) const;
  DataResult Take(const Fragment& chunk);
  void Complete(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned);
  void Deliver(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned);
  void ExemptIfStuck();

  InboundSink& sink_;
  TsnTracker tsns_;
  Reassembly reassembly_;
  StreamOrder order_;
  ReceiveWindow window_;
  uint16_t streams_ = 0;
  bool discarding_ = false;
  size_t queued_bytes_ = 0;  // Of what waits in the socket's queue.
};

}  // namespace mailport::sctp
