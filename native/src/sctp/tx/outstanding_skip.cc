// Chunks of messages that are given up, and how far the peer may skip them (RFC 3758 section 3.5).
#include <map>
#include <utility>

#include "outstanding.h"

namespace mailport::sctp {

namespace {

// How far AdvanceSkip looks beyond a chunk that is given up, and how many chunks one FORWARD TSN skips. Both bound the work for one packet of the peer.
constexpr uint64_t kMaxLook = 1024;
constexpr uint64_t kMaxSkip = 4096;

}  // namespace

void Outstanding::GiveUp(uint64_t number) {
  TxChunk& chunk = ChunkAt(number);
  chunk.given_up = true;
  given_up_ahead_ += number >= skip_end_;
  if (sets().missing.Contains(number) && !sets().lost.Contains(number)) return;  // In flight.
  sets().acknowledged.Erase(number);
  sets().missing.Erase(number);
  sets().lost.Erase(number);
  sets().given_up.Insert(number);
}

void Outstanding::AddGivenUp(const OutboundFragment& fragment) {
  const uint64_t number = end();
  Append(fragment).given_up = true;
  sets().given_up.Insert(number);
  ++given_up_ahead_;
}

// The point also passes over acknowledged chunks between chunks that are given up, if their messages have limits. Otherwise each hole would cost a round trip.
// A peer that takes such an acknowledgement back loses the message: it was one that need not arrive.
void Outstanding::AdvanceSkip() {
  if (given_up_ahead_ == 0) return;
  for (uint64_t number = skip_end_; number < std::min(end(), skip_end_ + kMaxLook); ++number) {
    ++work_;
    const TxChunk& chunk = ChunkAt(number);
    if (chunk.given_up) {
      skip_end_ = number + 1;
      if (--given_up_ahead_ == 0) return;
    } else if (chunk.fragment.limit == kNoLimit || !sets().acknowledged.Contains(number)) {
      return;
    }
  }
}

// With interleaving the list may end anywhere, and has unordered messages too: the peer drops each listed message by its number, wherever its fragments lie (RFC
// 8260 section 2.3.1).
uint32_t Outstanding::ListSkipped(size_t most, std::vector<SkippedStream>* streams, uint64_t* end) const {
  std::map<std::pair<uint16_t, bool>, uint32_t> highest;  // By stream and U bit.
  uint64_t number = first_;
  for (; number < skip_end_; ++number) {
    const TxChunk& chunk = chunks_[static_cast<size_t>(number - first_)];
    const OutboundFragment& fragment = chunk.fragment;
    const bool unordered = (fragment.flags & kDataUnordered) != 0;
    const bool begins = interleaves() || number == first_ || (chunks_[static_cast<size_t>(number - first_ - 1)].fragment.flags & kDataEnd) != 0;
    if (begins && number - first_ >= kMaxSkip) break;
    if (!chunk.given_up || (unordered && !interleaves())) continue;
    const std::pair key{fragment.stream, unordered};
    if (highest.size() == most && !highest.contains(key)) break;
    highest[key] = fragment.ssn;
  }
  *end = number;
  for (const auto& [key, ssn] : highest) streams->push_back({key.first, ssn, key.second});
  return next_tsn_ - static_cast<uint32_t>(chunks_.size()) + static_cast<uint32_t>(number - first_) - 1;
}

}  // namespace mailport::sctp
