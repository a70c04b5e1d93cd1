// The order of messages within their streams (RFC 9260 section 6.6): the next number of each stream, and the messages that have come before their turn. Numbers
// have 16 bits, with interleaving 32 (RFC 8260 section 2.1).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "../packet/wire.h"
#include "../stream_table.h"
#include "reassembly.h"

namespace mailport::sctp {

class StreamOrder {
 public:
  // Cost of a message beside its payload while it waits for its turn: a node of the map, and an allocation.
  static constexpr size_t kOverheadBytes = 144;

  void Clear();
  void SetInterleaving(bool interleaves) { next_mid_ = interleaves ? std::make_unique<StreamTable<uint32_t>>() : nullptr; }
  // The number of the stream's next message.
  uint32_t Next(uint16_t stream) const { return next_mid_ != nullptr ? next_mid_->Get(stream) : next_ssn_.Get(stream); }
  bool IsNext(const InboundMessage& message) const { return Next(message.stream) == message.ssn; }
  // Whether the turn of that message has been before.
  bool IsPast(const InboundMessage& message) const { return IsBefore(message.ssn, Next(message.stream)); }
  // The next message of a stream has gone.
  void Advance(uint16_t stream) {
    if (next_mid_ != nullptr) {
      ++next_mid_->At(stream);
    } else {
      ++next_ssn_.At(stream);
    }
  }
  bool Keeps(const InboundMessage& message) const { return early_ != nullptr && early_->contains(Key(message.stream, message.ssn)); }
  // Keeps a message until its turn; `owned` may be moved from, or is null. A second message with the same number is dropped.
  void Keep(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned);
  // Takes out the kept message whose turn it is now, if there is one.
  std::optional<WholeMessage> TakeNext(uint16_t stream);

  // The peer has given up the messages of a stream up to number `ssn`. Calls `each` with those of them that are kept, in order.
  template <typename Each>
  void SkipTo(uint16_t stream, uint32_t ssn, Each each) {
    const uint32_t next = Next(stream);
    if (IsBefore(ssn, next)) return;
    if (next <= ssn) {
      TakeRange(stream, next, ssn, each);
    } else {
      TakeRange(stream, next, UINT32_MAX, each);
      TakeRange(stream, 0, ssn, each);
    }
    if (next_mid_ != nullptr) {
      next_mid_->At(stream) = ssn + 1;
    } else {
      next_ssn_.At(stream) = static_cast<uint16_t>(ssn + 1);
    }
  }

  // The stream begins with number 0 again. Messages of it that wait for their turn are dropped: the peer says that none is left to come before them.
  void ResetStream(uint16_t stream) {
    TakeRange(stream, 0, UINT32_MAX, [](WholeMessage&) {});
    if (next_mid_ != nullptr) {
      if (next_mid_->Has(stream)) next_mid_->At(stream) = 0;
    } else if (next_ssn_.Has(stream)) {
      next_ssn_.At(stream) = 0;
    }
  }
  // All streams do. Calls `each` with the messages that wait for their turn, each stream's in order.
  template <typename Each>
  void Restart(Each each) {
    while (early_ != nullptr) {
      WholeMessage message = Take(early_->begin());
      each(message);
    }
    Clear();
  }

  bool keeps_any() const { return early_ != nullptr; }
  size_t held_bytes() const { return held_bytes_; }
  // Memory of the table of streams.
  size_t table_bytes() const { return next_ssn_.memory_bytes() + (next_mid_ == nullptr ? 0 : next_mid_->memory_bytes()); }
  uint64_t copied_bytes() const { return copied_bytes_; }

 private:
  using Early = std::map<uint64_t, WholeMessage>;

  static uint64_t Key(uint16_t stream, uint32_t ssn) { return uint64_t{stream} << 32 | ssn; }
  bool IsBefore(uint32_t a, uint32_t b) const {
    return next_mid_ != nullptr ? MidBefore(a, b) : SsnBefore(static_cast<uint16_t>(a), static_cast<uint16_t>(b));
  }
  WholeMessage Take(Early::iterator kept);
  template <typename Each>
  void TakeRange(uint16_t stream, uint32_t first, uint32_t last, Each each) {
    while (early_ != nullptr) {
      const auto kept = early_->lower_bound(Key(stream, first));
      if (kept == early_->end() || kept->first > Key(stream, last)) return;
      WholeMessage message = Take(kept);
      each(message);
    }
  }

  StreamTable<uint16_t> next_ssn_;
  std::unique_ptr<StreamTable<uint32_t>> next_mid_;  // With interleaving, in its place. Else null.
  std::unique_ptr<Early> early_;  // By stream and number. Null if there is none.
  size_t held_bytes_ = 0;  // Payload and overhead.
  uint64_t copied_bytes_ = 0;
};

}  // namespace mailport::sctp
