// What the peer is told of what has come: the window that is left, and the SACK (RFC 9260 sections 3.3.4, 6.2).
#include <algorithm>

#include "inbound.h"
#include "../packet/wire.h"

namespace mailport::sctp {

namespace {

constexpr size_t kSackHeaderBytes = 16;
constexpr size_t kSmallestWindowUpdate = 4;  // A quarter of the window.

}  // namespace

uint32_t Inbound::AdvertisedWindow() const {
  const size_t held = held_bytes();
  const size_t window = std::min(window_bytes_, sink_.HoldLimit());
  return held >= window ? 0 : static_cast<uint32_t>(window - held);
}

bool Inbound::WantsWindowUpdate(size_t packet_bytes) const {
  const uint32_t now = AdvertisedWindow();
  const size_t least = std::min(window_bytes_ / 2, std::max(window_bytes_ / kSmallestWindowUpdate, packet_bytes));
  return now > told_window_ && now - told_window_ >= least && told_window_ < window_bytes_ / 2;
}

size_t Inbound::SackBytes(size_t room) const {
  if (room < kSackHeaderBytes) return 0;
  const size_t blocks = std::min(seen_.blocks(), (room - kSackHeaderBytes) / 4);
  const size_t duplicates = std::min(duplicates_.size(), (room - kSackHeaderBytes) / 4 - blocks);
  return kSackHeaderBytes + 4 * (blocks + duplicates);
}

void Inbound::WriteSack(uint8_t* chunk, size_t bytes) {
  const size_t entries = (bytes - kSackHeaderBytes) / 4;
  const size_t blocks = seen_.WriteBlocks(chunk + kSackHeaderBytes, entries);
  uint8_t* out = chunk + kSackHeaderBytes + 4 * blocks;
  const size_t duplicates = std::min(duplicates_.size(), entries - blocks);
  for (size_t i = 0; i < duplicates; ++i, out += 4) Store32(out, duplicates_[i]);
  const size_t used = static_cast<size_t>(out - chunk);
  for (; out < chunk + Padded(bytes); ++out) *out = 0;
  told_window_ = AdvertisedWindow();
  promised_bytes_ = std::max(promised_bytes_, received_bytes_ + told_window_);
  chunk[0] = kChunkSack;
  chunk[1] = 0;
  Store16(chunk + 2, static_cast<uint32_t>(used));
  Store32(chunk + 4, cumulative_tsn());
  Store32(chunk + 8, told_window_);
  Store16(chunk + 12, static_cast<uint32_t>(blocks));
  Store16(chunk + 14, static_cast<uint32_t>(duplicates));
  duplicates_.clear();
}

}  // namespace mailport::sctp
