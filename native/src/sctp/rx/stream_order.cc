#include "stream_order.h"

#include <utility>

namespace mailport::sctp {

namespace {

uint32_t EarlyKey(uint16_t stream, uint16_t ssn) { return uint32_t{stream} << 16 | ssn; }

}  // namespace

void StreamOrder::Clear() {
  next_.Clear();
  early_.clear();
  held_bytes_ = 0;
}

void StreamOrder::Keep(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned) {
  const size_t bytes = payload.size();
  const auto [early, inserted] = early_.try_emplace(EarlyKey(message.stream, message.ssn));
  if (!inserted) return;
  early->second.message = message;
  next_.At(message.stream);  // Its place in the table is charged from now on, like that of a delivered message.
  if (owned != nullptr) {
    early->second.bytes = std::move(*owned);
  } else {
    early->second.bytes.assign(payload.begin(), payload.end());
    copied_bytes_ += bytes;
  }
  held_bytes_ += bytes + kOverheadBytes;
}

std::optional<WholeMessage> StreamOrder::TakeNext(uint16_t stream) {
  const auto due = early_.find(EarlyKey(stream, next_.Get(stream)));
  if (due == early_.end()) return std::nullopt;
  WholeMessage message = std::move(due->second);
  early_.erase(due);
  held_bytes_ -= message.bytes.size() + kOverheadBytes;
  Advance(stream);
  return message;
}

}  // namespace mailport::sctp
