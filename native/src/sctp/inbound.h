// What an association receives: which TSNs have come, putting fragments together, order within streams, the window that is left, and the
// SACK that says so (RFC 9260 sections 3.3.4, 6.2, 6.5, 6.6, 6.9).
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "types.h"

namespace mailport::sctp {

struct DataChunk {
  uint32_t tsn = 0;
  uint16_t stream = 0;
  uint16_t ssn = 0;
  uint32_t ppid = 0;
  uint8_t flags = 0;
  Bytes payload;
};

struct InboundMessage {
  uint32_t tsn = 0;  // Of its first chunk.
  uint16_t stream = 0;
  uint16_t ssn = 0;
  uint32_t ppid = 0;
  bool unordered = false;
};

class InboundSink {
 public:
  virtual ~InboundSink() = default;
  // A message is due. True: the application has it. False: it waits in the socket's queue, and Inbound::OnConsumed follows later.
  // `owned` may be moved from if not null; it then holds the payload.
  virtual bool OnMessage(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned) = 0;
  // Whether the application is taking messages now, so that a message larger than the window may go on growing (section 6.9).
  virtual bool IsReading() const = 0;
  // Such a message waits only for that: Inbound::OnReading is wanted when the application reads again.
  virtual void OnStuck() = 0;
};

enum class DataResult { kAccepted, kDuplicate, kDropped, kBadStream, kMalformed, kTooLarge };

class Inbound {
 public:
  static constexpr size_t kMaxMessageBytes = size_t{64} << 20;  // A message being put together beyond its window (section 6.9).

  explicit Inbound(InboundSink& sink) : sink_(sink) {}

  void Reset(uint32_t peer_initial_tsn, uint16_t streams);
  void SetWindow(size_t bytes) { window_bytes_ = bytes; }

  DataResult OnData(const DataChunk& chunk);
  // The application took a message of `bytes` from the socket's queue.
  void OnConsumed(size_t bytes);
  // The socket has put a message into its queue again, or an unread one went elsewhere: accounting only.
  static size_t Charge(size_t bytes);
  // The application reads again: a message that has filled the window may go on.
  void OnReading();
  // Nobody will ever read: what comes is acknowledged, and nothing of it is kept.
  void Discard();

  uint32_t cumulative_tsn() const { return static_cast<uint32_t>(cumulative_); }
  // TSNs that have not come, of those below the highest that has.
  size_t missing_chunks() const;
  bool HasGaps() const { return !ranges_.empty(); }
  bool HasDuplicates() const { return !duplicates_.empty(); }
  uint32_t AdvertisedWindow() const;
  // The application has drained so much since the last SACK that the peer should hear of it.
  bool WantsWindowUpdate(size_t packet_bytes) const;
  size_t held_bytes() const { return held_bytes_; }
  // Of a message that has outgrown the window: held as well, but not counted there.
  size_t exempt_bytes() const { return exempt_bytes_; }
  uint16_t streams() const { return streams_; }

  // Size of the SACK chunk in at most `room` bytes, and writing it. Writing forgets the duplicates and notes the window told.
  size_t SackBytes(size_t room) const;
  void WriteSack(uint8_t* chunk, size_t bytes);

 private:
  struct Run {  // Fragments of one message whose TSNs follow on each other.
    uint64_t last = 0;
    InboundMessage message;
    bool begins = false;
    bool ends = false;
    bool exempt = false;  // Not counted against the window: the application is already waiting for the rest.
    std::vector<uint8_t> bytes;
  };
  struct Early {  // A whole message that waits for its turn in its stream.
    InboundMessage message;
    std::vector<uint8_t> bytes;
  };
  using Runs = std::map<uint64_t, Run>;

  uint64_t Unwrap(uint32_t tsn) const { return cumulative_ + static_cast<int64_t>(static_cast<int32_t>(tsn - static_cast<uint32_t>(cumulative_))); }
  bool Seen(uint64_t tsn) const;
  bool RecordTsn(uint64_t tsn);
  DataResult Take(uint64_t tsn, const DataChunk& chunk);
  DataResult AddFragment(uint64_t tsn, const DataChunk& chunk);
  void Complete(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned);
  void Deliver(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned);
  void DeliverEarly(uint16_t stream);
  uint16_t& NextSsn(uint16_t stream);
  void ExemptIfStuck();

  InboundSink& sink_;
  uint64_t cumulative_ = 0;  // The highest TSN up to which all have come, unwrapped.
  std::vector<std::pair<uint64_t, uint64_t>> ranges_;  // What has come beyond it: first and last, ascending, never touching.
  std::vector<uint32_t> duplicates_;
  std::vector<uint16_t> next_ssn_;  // Per stream, up to the highest one used.
  std::map<uint32_t, std::map<uint16_t, Early>> early_;
  size_t early_count_ = 0;
  Runs runs_;
  uint16_t streams_ = 0;
  size_t window_bytes_ = 0;
  bool discarding_ = false;
  size_t held_bytes_ = 0;  // Payload and overhead of all that waits: runs, early messages, the socket's queue.
  size_t exempt_bytes_ = 0;  // Payload of the run that is exempt. There is one at most: it is the first, and nothing comes before it.
  uint32_t told_window_ = 0;
  // Payload that has come, and how far the peer has ever been told that it may go: what is within that was sent in good faith, and must be
  // taken even if the window has closed since.
  uint64_t received_bytes_ = 0;
  uint64_t promised_bytes_ = 0;
};

}  // namespace mailport::sctp
