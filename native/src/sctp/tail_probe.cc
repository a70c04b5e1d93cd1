#include "tail_probe.h"

#include <algorithm>
#include <utility>

namespace mailport::sctp {

namespace {

// A loop that runs other work, or a process that waits for a processor, answers late by this much.
constexpr TimeUs kLeastTimeout = 10'000;
// What a peer may wait before it acknowledges a single packet (RFC 9260 section 6.2 recommends 200 ms).
constexpr TimeUs kAckDelay = 200'000;
// Losses of SACKs make probes that are in vain, too, but not three of them within a few flights.
constexpr uint32_t kDoubtsOfProbe = 8;
constexpr uint32_t kDoubtsToWait = 2 * kDoubtsOfProbe + 1;
constexpr uint32_t kMostDoubts = 8 * kDoubtsOfProbe;

}  // namespace

void TailProbe::OnAcknowledged(bool all, TimeUs now) {
  since_ = now;
  if (all && probes_ == 0 && doubts_ != 0) --doubts_;
  probes_ = 0;
}

void TailProbe::OnTimeout() {
  probes_ = kMostProbes;
  first_ = end_ = answered_first_ = answered_end_ = 0;
}

void TailProbe::OnDue(TimeUs now) {
  ++probes_;
  since_ = now;
}

void TailProbe::OnProbe(uint64_t first, uint64_t end, TimeUs now) {
  probed_at_ = now;
  first_ = first;
  end_ = end;
}

TimeUs TailProbe::DueAt(TimeUs srtt) const {
  if (probes_ >= kMostProbes || srtt == 0) return kNever;
  const TimeUs quiet = std::max(2 * srtt, kLeastTimeout);
  return since_ + (quiet << probes_) + (doubts_ >= kDoubtsToWait ? kAckDelay : 0);
}

bool TailProbe::EndsInRepair(TimeUs shortest_round_trip, TimeUs now) {
  if (first_ == end_) return false;
  answered_first_ = std::exchange(first_, 0);
  answered_end_ = std::exchange(end_, 0);
  return now - probed_at_ >= shortest_round_trip;
}

bool TailProbe::OnDuplicate(uint64_t number) {
  const bool is_late = answered_first_ <= number && number < answered_end_;
  if (!Carries(number) && !is_late) return false;
  first_ = end_ = answered_first_ = answered_end_ = 0;
  doubts_ = std::min(doubts_ + kDoubtsOfProbe, kMostDoubts);
  return true;
}

}  // namespace mailport::sctp
