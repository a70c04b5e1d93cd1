// What an association receives: which TSNs have come, putting fragments together, order within streams, the window that is left, and the
// SACK that says so (RFC 9260 sections 3.3.4, 6.2, 6.5, 6.6, 6.9).
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "reassembly.h"
#include "../stream_numbers.h"
#include "tsn_map.h"
#include "../types.h"

namespace mailport::sctp {

struct DataChunk {
  uint32_t tsn = 0;
  uint16_t stream = 0;
  uint16_t ssn = 0;
  uint32_t ppid = 0;
  uint8_t flags = 0;
  Bytes payload;
};

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

  void Reset(uint32_t peer_initial_tsn, uint16_t streams);
  void SetWindow(size_t bytes) { window_bytes_ = bytes; }

  DataResult OnData(const DataChunk& chunk);
  // The application took a message of `bytes` from the socket's queue.
  void OnConsumed(size_t bytes);
  // The application reads again: a message that has filled the window may go on.
  void OnReading();
  // Nobody will ever read: what comes is acknowledged, and nothing of it is kept.
  void Discard();

  uint32_t cumulative_tsn() const { return static_cast<uint32_t>(seen_.cumulative()); }
  // TSNs that have not come, of those below the highest that has.
  size_t missing_chunks() const { return seen_.missing(); }
  bool HasGaps() const { return seen_.HasGaps(); }
  bool HasDuplicates() const { return !duplicates_.empty(); }
  uint32_t AdvertisedWindow() const;
  // The application has drained so much since the last SACK that the peer should hear of it.
  bool WantsWindowUpdate(size_t packet_bytes) const;
  // What the window counts: payload that waits, and what holding it costs beside.
  size_t held_bytes() const { return reassembly_.held_bytes() + early_bytes_ + queued_bytes_; }
  // Of a message that has outgrown the window: held as well, but not counted there.
  size_t exempt_bytes() const { return reassembly_.exempt_bytes(); }
  // What of that waits in the socket's queue.
  size_t queued_bytes() const { return queued_bytes_; }
  // What is kept of streams and TSNs, which the window does not count either.
  size_t table_bytes() const { return next_ssn_.memory_bytes() + seen_.memory_bytes(); }
  uint16_t streams() const { return streams_; }
  // Gives memory back that only losses needed.
  void Trim() { seen_.Trim(); }
  // Bytes copied and records looked at so far: what tests of cost count.
  uint64_t work() const { return reassembly_.copied_bytes() + copied_bytes_ + seen_.work(); }

  // Size of the SACK chunk in at most `room` bytes, and writing it. Writing forgets the duplicates and notes the window told.
  size_t SackBytes(size_t room) const;
  void WriteSack(uint8_t* chunk, size_t bytes);

 private:
  uint64_t Unwrap(uint32_t tsn) const {
    const uint64_t cumulative = seen_.cumulative();
    return cumulative + static_cast<uint64_t>(int64_t{static_cast<int32_t>(tsn - static_cast<uint32_t>(cumulative))});
  }
  bool HasRoom(uint64_t tsn, size_t bytes) const;
  DataResult Take(const Fragment& chunk);
  void Complete(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned);
  void Deliver(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned);
  void DeliverEarly(uint16_t stream);
  void ExemptIfStuck();

  InboundSink& sink_;
  TsnMap seen_;
  std::vector<uint32_t> duplicates_;
  StreamNumbers next_ssn_;
  Reassembly reassembly_;
  std::map<uint32_t, WholeMessage> early_;  // Messages that wait for their turn in their stream, by stream and sequence number.
  uint16_t streams_ = 0;
  size_t window_bytes_ = 0;
  bool discarding_ = false;
  size_t early_bytes_ = 0;   // Of `early_`, payload and overhead.
  uint64_t copied_bytes_ = 0;  // Of whole messages into `early_`.
  size_t queued_bytes_ = 0;  // Of what waits in the socket's queue.
  uint32_t told_window_ = 0;
  // Payload that has come, and how far the peer has ever been told that it may go: what is within that was sent in good faith, and must be
  // taken even if the window has closed since.
  uint64_t received_bytes_ = 0;
  uint64_t promised_bytes_ = 0;
};

}  // namespace mailport::sctp
