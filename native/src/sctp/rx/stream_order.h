// The order of messages within their streams (RFC 9260 section 6.6): the next number of each stream, and the messages that have come before their turn.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "../stream_table.h"
#include "reassembly.h"

namespace mailport::sctp {

class StreamOrder {
 public:
  // Cost of a message beside its payload while it waits for its turn: a node of the map, and an allocation.
  static constexpr size_t kOverheadBytes = 144;

  void Clear();
  bool IsNext(const InboundMessage& message) const { return next_.Get(message.stream) == message.ssn; }
  // The next message of a stream has gone.
  void Advance(uint16_t stream) { ++next_.At(stream); }
  // Keeps a message until its turn; `owned` may be moved from, or is null. A second message with the same number is dropped.
  void Keep(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned);
  // Takes out the kept message whose turn it is now, if there is one.
  std::optional<WholeMessage> TakeNext(uint16_t stream);

  bool keeps_any() const { return !early_.empty(); }
  size_t held_bytes() const { return held_bytes_; }
  // Memory of the table of streams.
  size_t table_bytes() const { return next_.memory_bytes(); }
  uint64_t copied_bytes() const { return copied_bytes_; }

 private:
  StreamTable<uint16_t> next_;
  std::map<uint32_t, WholeMessage> early_;  // By stream and number.
  size_t held_bytes_ = 0;                   // Payload and overhead.
  uint64_t copied_bytes_ = 0;
};

}  // namespace mailport::sctp
