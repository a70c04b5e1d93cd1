#include "stream_order.h"

#include <utility>

namespace mailport::sctp {

void StreamOrder::Clear() {
  next_ssn_.Clear();
  if (next_mid_ != nullptr) next_mid_->Clear();
  early_.reset();
  held_bytes_ = 0;
}

void StreamOrder::Keep(const InboundMessage& message, Bytes payload, std::vector<uint8_t>* owned) {
  const size_t bytes = payload.size();
  if (early_ == nullptr) early_ = std::make_unique<Early>();
  const auto [early, inserted] = early_->try_emplace(Key(message.stream, message.ssn));
  if (!inserted) return;
  early->second.message = message;
  // Its place in the table is charged from now on, like that of a delivered message.
  if (next_mid_ != nullptr) {
    next_mid_->At(message.stream);
  } else {
    next_ssn_.At(message.stream);
  }
  if (owned != nullptr) {
    early->second.bytes = std::move(*owned);
  } else {
    early->second.bytes.assign(payload.begin(), payload.end());
    copied_bytes_ += bytes;
  }
  held_bytes_ += bytes + kOverheadBytes;
}

WholeMessage StreamOrder::Take(Early::iterator kept) {
  WholeMessage message = std::move(kept->second);
  early_->erase(kept);
  if (early_->empty()) early_.reset();
  held_bytes_ -= message.bytes.size() + kOverheadBytes;
  return message;
}

std::optional<WholeMessage> StreamOrder::TakeNext(uint16_t stream) {
  if (early_ == nullptr) return std::nullopt;
  const auto due = early_->find(Key(stream, Next(stream)));
  if (due == early_->end()) return std::nullopt;
  Advance(stream);
  return Take(due);
}

}  // namespace mailport::sctp
