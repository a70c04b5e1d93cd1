#include "path_mtu.h"

#include <algorithm>
#include <array>

namespace mailport::sctp {

namespace {

constexpr uint8_t kStrikes = 2;
constexpr uint32_t kStep = 4;  // Packets are multiples of it.
constexpr uint32_t Whole(size_t bytes) { return static_cast<uint32_t>(bytes) & ~(kStep - 1); }
// What links carry, with the headers: IPv6 everywhere, VPNs and tunnels, PPPoE, Ethernet, and the large frames of data centres.
constexpr std::array<size_t, 9> kCommonMtus = {1280, 1400, 1420, 1450, 1480, 1492, 1500, 4352, 9000};

}  // namespace

PathMtu::PathMtu(size_t bytes, uint8_t family, size_t header_bytes)
    : given_least_(static_cast<uint16_t>(family == 6 ? kBaseBytes : kLeastIpBytes - header_bytes)), header_bytes_(static_cast<uint16_t>(header_bytes)),
      first_(Whole(bytes)), most_(first_) {
  BeginAnew();
}

void PathMtu::BeginAnew() {
  size_ = whole_ = first_;
  failed_ = most_ + kStep;
  told_ = 0;
  strikes_ = 0;
  raise_at_ = 0;
  steps_ = is_on_trust_ = true;
  is_alive_ = false;
  ForgetProbe();
  state_ = first_ < most_ ? State::kSearching : State::kComplete;
}

void PathMtu::Learn(size_t first, size_t most) {
  first = Whole(first);
  most = std::max<size_t>(first, Whole(most));
  const bool is_fixed = state_ == State::kFixed;
  if (!is_fixed && first == first_ && most == most_) return;
  const bool trusts_route = is_fixed || (size_ == first_ && failed_ > most_);
  first_ = static_cast<uint32_t>(first);
  most_ = static_cast<uint32_t>(most);
  if (trusts_route || size_ > most_) return BeginAnew();
  raise_at_ = 0;  // The next acknowledgement begins a search, if there is room for one.
}

void PathMtu::Fix(size_t bytes) {
  first_ = most_ = Whole(bytes);
  BeginAnew();
  state_ = State::kFixed;
}

bool PathMtu::OnLostAgain() {
  if (state_ == State::kFixed || size_ <= least()) return false;
  // Of what is lost of packets that pass nearly everywhere it is little likely that their size is the cause.
  if (size_ <= base() && !is_on_trust_ && ++strikes_ < kStrikes) return false;
  Fall(std::max(size_, told_));
  is_alive_ = false;
  return true;
}

// From now on packets have the base size, or the least one. A probe is to tell whether those of `told` bytes pass.
void PathMtu::Fall(size_t told) {
  const bool to_least = size_ <= base() || told < base();
  size_ = static_cast<uint32_t>(to_least ? least() : base());
  state_ = to_least ? State::kError : State::kBase;
  told_ = Whole(told);
  failed_ = std::max(failed_, told_ + kStep);
  strikes_ = 0;
  steps_ = false;
  is_on_trust_ = true;
  ForgetProbe();
}

void PathMtu::OnAlive(TimeUs now) {
  is_alive_ = true;
  if (state_ != State::kComplete || size_ >= most_ || now < raise_at_) return;
  state_ = State::kSearching;
  failed_ = most_ + kStep;
  told_ = 0;
  steps_ = true;
}

// Section 4.6.2. What the message says is tried before it is believed, and so is less than what it says, whatever the present size is.
bool PathMtu::OnTooBig(size_t bytes, TimeUs now) {
  bytes = Whole(bytes);
  if (state_ == State::kFixed || bytes < least()) return false;
  if (bytes < size_) {
    Fall(bytes);
    whole_ = std::max(size_, Whole(bytes));
  } else if (probe_bytes_ != 0 && bytes < probe_bytes_) {
    ForgetProbe();
    told_ = Whole(bytes);
  } else {
    return false;
  }
  failed_ = Whole(bytes) + kStep;
  is_alive_ = true;
  Settle(now);
  return true;
}

bool PathMtu::OnProbeTimeout(TimeUs now) {
  const size_t bytes = probe_bytes_;
  probe_bytes_ = 0;
  // If nothing was acknowledged meanwhile, all may have been lost: the probe goes again when something is.
  if (bytes == 0 || !is_alive_ || ++tries_ < kMaxProbes) return false;
  Fail(bytes, now);
  return true;
}

void PathMtu::Fail(size_t bytes, TimeUs now) {
  tries_ = 0;
  failed_ = Whole(bytes);
  steps_ = steps_ && bytes != size_ + kStep;
  if (bytes == told_) told_ = 0;
  whole_ = size_;
  if (state_ == State::kBase) state_ = State::kSearching;
  Settle(now);
}

bool PathMtu::OnAnswer(Bytes value, TimeUs now) {
  if (probe_bytes_ == 0 || !probe_.Is(value)) return false;
  const uint32_t bytes = probe_bytes_;
  ForgetProbe();
  is_alive_ = true;
  steps_ = IsCommon(bytes) || bytes == told_;
  size_ = bytes;
  whole_ = std::max(whole_, size_);
  strikes_ = 0;
  is_on_trust_ = false;
  state_ = told_ > size_ ? State::kBase : State::kSearching;
  if (told_ <= size_) {
    told_ = 0;
    whole_ = size_;
  }
  Settle(now);
  return true;
}

void PathMtu::Settle(TimeUs now) {
  if (size_ < most_ && size_ + kStep < failed_) return;
  state_ = State::kComplete;
  whole_ = size_;
  told_ = 0;
  raise_at_ = now + kRaiseAfter;
}

const HeartbeatInfo& PathMtu::OnProbe(size_t bytes, uint64_t nonce) {
  probe_bytes_ = Whole(bytes);
  is_alive_ = false;
  probe_ = HeartbeatInfo(nonce);
  return probe_;
}

bool PathMtu::IsCommon(size_t bytes) const {
  return std::any_of(kCommonMtus.begin(), kCommonMtus.end(), [&](size_t mtu) { return Common(mtu) == bytes; });
}

// Most searches end soon: with the size that was in doubt, with the largest one, or because nothing has changed. Otherwise a bisection goes on, over what links are
// known to carry as long as there is any of that, then over all sizes.
size_t PathMtu::Candidate() const {
  if (state_ == State::kError && base() < failed_) return base();
  if (told_ > size_ && told_ < failed_) return told_;
  if (most_ < failed_) return most_;
  if (steps_) return size_ + kStep;
  const auto begin = std::partition_point(kCommonMtus.begin(), kCommonMtus.end(), [&](size_t mtu) { return Common(mtu) <= size_; });
  const auto end = std::partition_point(begin, kCommonMtus.end(), [&](size_t mtu) { return Common(mtu) < failed_; });
  if (begin != end) return Common(*(begin + (end - begin) / 2));
  return Whole(size_ + (failed_ - size_) / 2);
}

}  // namespace mailport::sctp
