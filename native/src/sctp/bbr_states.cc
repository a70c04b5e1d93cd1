// The states: Startup finds the rate, Drain empties the queue that this filled. Then, every few seconds, a probe for more (Refill, Up) and its end (Down, Cruise); and a pause in which
// the queue is empty, so that the shortest round trip shows (ProbeRTT).
#include <algorithm>

#include "bbr.h"

namespace mailport::sctp {

namespace {

constexpr double kBeta = 0.7;
constexpr TimeUs kLeastWaitUs = 2'000'000, kMostFurtherWaitUs = 1'000'000;
// After a probe that lost too much the wait is longer by this part, so that those who reduced their windows for it have time to grow.
constexpr TimeUs kWaitMoreAfterLoss = 3;
// Beside flows that grow by a packet a round trip, probing comes as often as these would lose.
constexpr uint32_t kMostRoundsBetweenProbes = 63;
constexpr uint32_t kMostUpRounds = 30;
constexpr TimeUs kProbeRttUs = 200'000;

}  // namespace

void Bbr::Advance(Window& window, const DeliverySample& sample, const Acknowledged& acknowledged) {
  const TimeUs now = acknowledged.now;
  const size_t flight = acknowledged.flight_bytes;
  if (state_ == State::kStartup && full_reached_) state_ = State::kDrain;
  if (state_ == State::kDrain && flight <= Target(1)) BeginDown(now);
  if (full_reached_) AdaptFlightBound(window, sample, acknowledged);
  switch (state_) {
    case State::kDown:
      if (IsTimeToProbe(now)) BeginRefill();
      else if (flight <= WithHeadroom() && flight <= Target(1)) BeginCruise();
      break;
    case State::kCruise:
      if (IsTimeToProbe(now)) BeginRefill();
      break;
    case State::kRefill:
      if (round_began_) {
        probe_samples_ = true;
        BeginUp(sample, window.bytes, now);
      }
      break;
    case State::kUp:
      if (acknowledged.was_full && window.bytes >= inflight_hi_) {
        ResetFullRate();
        full_rate_ = sample.bytes_per_us;
      } else if (full_now_) {
        BeginDown(now);
      }
      break;
    default: break;
  }
  CheckProbeRtt(window, acknowledged);
}

void Bbr::AdaptFlightBound(const Window& window, const DeliverySample& sample, const Acknowledged& acknowledged) {
  if (acks_ == Acks::kProbeStarting && round_began_) acks_ = Acks::kProbeFeedback;
  if (acks_ == Acks::kProbeStopping && round_began_) {
    acks_ = Acks::kNone;
    // The rate of the cycle before the last one is forgotten.
    if (probes() && !sample.is_app_limited) max_rate_ = {max_rate_[1], 0};
  }
  if (!sample.is_known) return;
  if (sample.lost > Tolerated(sample.in_flight)) {
    if (!probe_samples_) return;
    // The probe was too much.
    probe_samples_ = false;
    probe_was_too_much_ = true;
    if (!sample.is_app_limited)
      inflight_hi_ = std::max(sample.in_flight, static_cast<size_t>(kBeta * static_cast<double>(std::min(Target(WindowGain()), window.bytes))));
    if (state_ == State::kUp) BeginDown(acknowledged.now);
    return;
  }
  if (inflight_hi_ == kNoBound) return;
  inflight_hi_ = std::max(inflight_hi_, sample.in_flight);
  if (state_ != State::kUp || !acknowledged.was_full || window.bytes < inflight_hi_) return;
  up_acked_ += acknowledged.bytes;
  if (up_acked_ >= up_count_) {
    const size_t steps = up_acked_ / up_count_;
    up_acked_ -= steps * up_count_;
    inflight_hi_ += steps * packet_bytes_;
  }
  if (round_began_) RaiseSlope(window.bytes);
}

// A packet in the first round, and twice as many in each further one.
void Bbr::RaiseSlope(size_t cwnd) {
  up_count_ = std::max<size_t>(cwnd >> up_rounds_, packet_bytes_);
  up_rounds_ = std::min(up_rounds_ + 1, kMostUpRounds);
}

void Bbr::BeginDown(TimeUs now) {
  ResetSignals();
  up_count_ = SIZE_MAX;
  random_ ^= random_ << 13, random_ ^= random_ >> 17, random_ ^= random_ << 5;
  rounds_since_probe_ = random_ & 1;
  probe_wait_us_ = kLeastWaitUs + (random_ >> 1) % kMostFurtherWaitUs;
  if (probe_was_too_much_) probe_wait_us_ += probe_wait_us_ / kWaitMoreAfterLoss;
  cycle_at_ = now;
  acks_ = Acks::kProbeStopping;
  BeginRound();
  state_ = State::kDown;
}

void Bbr::BeginRefill() {
  ResetLowerBounds();
  up_rounds_ = 0;
  up_acked_ = 0;
  probe_was_too_much_ = false;
  acks_ = Acks::kRefilling;
  BeginRound();
  state_ = State::kRefill;
}

void Bbr::BeginUp(const DeliverySample& sample, size_t cwnd, TimeUs now) {
  acks_ = Acks::kProbeStarting;
  BeginRound();
  ResetFullRate();
  full_rate_ = sample.bytes_per_us;
  cycle_at_ = now;
  state_ = State::kUp;
  RaiseSlope(cwnd);
}

bool Bbr::IsTimeToProbe(TimeUs now) const {
  const size_t packets = std::min(Target(WindowGain()), WithHeadroom()) / std::max<size_t>(packet_bytes_, 1);
  return now > cycle_at_ + probe_wait_us_ || rounds_since_probe_ >= std::min<size_t>(packets, kMostRoundsBetweenProbes);
}

void Bbr::CheckProbeRtt(Window& window, const Acknowledged& acknowledged) {
  const TimeUs now = acknowledged.now;
  if (state_ != State::kProbeRtt && probe_rtt_expired_ && !idle_restart_) {
    prior_cwnd_ = std::max(prior_cwnd_, window.bytes);
    state_ = State::kProbeRtt;
    probe_rtt_done_at_ = 0;
    acks_ = Acks::kProbeStopping;
    BeginRound();
  }
  idle_restart_ = false;
  if (state_ != State::kProbeRtt) return;
  // What is delivered now is less than the path could.
  rate_.OnAppLimited(acknowledged.flight_bytes);
  if (probe_rtt_done_at_ == 0) {
    if (acknowledged.flight_bytes > Bounded(SIZE_MAX)) return;
    probe_rtt_done_at_ = now + kProbeRttUs;
    probe_rtt_round_done_ = false;
    BeginRound();
    return;
  }
  probe_rtt_round_done_ |= round_began_;
  if (probe_rtt_round_done_ && now > probe_rtt_done_at_) LeaveProbeRtt(window, now);
}

void Bbr::LeaveProbeRtt(Window& window, TimeUs now) {
  probe_rtt_at_ = now;
  window.bytes = std::max(window.bytes, prior_cwnd_);
  prior_cwnd_ = 0;
  ResetLowerBounds();
  if (full_reached_) {
    BeginDown(now);
    BeginCruise();
  } else {
    state_ = State::kStartup;
  }
}

}  // namespace mailport::sctp
