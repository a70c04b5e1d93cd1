// The model of the path, and what follows from it: window and rate.
#include "bbr.h"

#include <algorithm>

namespace mailport::sctp {

namespace {

constexpr double kLossThreshold = 0.02;
constexpr double kBeta = 0.7;
constexpr double kHeadroom = 0.15;
// Losses that chance alone brings together.
constexpr size_t kToleratedPackets = 3, kToleratedInStartup = 6;
constexpr TimeUs kQueueShows = 4;
constexpr double kFullGrowth = 1.25;
constexpr uint32_t kFullRounds = 3;
constexpr size_t kMinPipePackets = 4;
constexpr TimeUs kMinRttWindowUs = 10'000'000;
constexpr TimeUs kProbeRttEveryUs = 5'000'000;
constexpr double kPacingMargin = 0.99;  // So that queues, if any, drain.
constexpr double kQuantumUs = 1'000;
constexpr size_t kMinQuantumPackets = 2;
constexpr uint32_t kExtraRounds = 5;

}  // namespace

double Bbr::Bdp(double bytes_per_us) const { return min_rtt_us_ == kNever ? 0 : bytes_per_us * static_cast<double>(min_rtt_us_); }

size_t Bbr::Target(double gain) const {
  const double rate = BoundedRate();
  const auto quantum = std::max(static_cast<size_t>(rate * kQuantumUs), kMinQuantumPackets * packet_bytes_);
  const size_t bytes = static_cast<size_t>(gain * Bdp(rate)) + std::max(extra_[0], extra_[1]);
  const size_t target = std::max({bytes, 3 * quantum, kMinPipePackets * packet_bytes_});
  return state_ == State::kUp ? target + 2 * packet_bytes_ : target;
}

size_t Bbr::WithHeadroom() const {
  if (inflight_hi_ == kNoBound) return kNoBound;
  const size_t headroom = std::max(packet_bytes_, static_cast<size_t>(kHeadroom * static_cast<double>(inflight_hi_)));
  return std::max(inflight_hi_ - std::min(headroom, inflight_hi_), kMinPipePackets * packet_bytes_);
}

size_t Bbr::Tolerated(size_t bytes) const {
  const size_t packets = state_ == State::kStartup ? kToleratedInStartup : kToleratedPackets;
  return static_cast<size_t>(kLossThreshold * static_cast<double>(bytes)) + packets * packet_bytes_;
}

double Bbr::PacingGain() const {
  switch (state_) {
    case State::kStartup: return 2.77;
    case State::kDrain: return 0.5;
    case State::kDown: return 0.9;
    case State::kUp: return 1.25;
    default: return 1;
  }
}

double Bbr::WindowGain() const {
  switch (state_) {
    case State::kProbeRtt: return 0.5;
    case State::kUp: return 2.25;
    case State::kCruise: return probe_was_too_much_ ? 1 : 2;
    default: return 2;
  }
}

// Until a rate is known, the window that there is and the round trip make one.
Pace Bbr::PaceOf(const Window& window, size_t packet_bytes, TimeUs srtt) const {
  double rate = PacingGain() * kPacingMargin * BoundedRate();
  if (!full_reached_ && srtt != 0) rate = std::max(rate, PacingGain() * static_cast<double>(window.bytes) / static_cast<double>(srtt) / 2);
  return {rate, std::max(static_cast<size_t>(rate * kQuantumUs), kMinQuantumPackets * packet_bytes)};
}

void Bbr::OnSent(size_t bytes, size_t flight, TimeUs now) {
  if (flight == bytes && rate_.is_app_limited()) {
    idle_restart_ = true;
    extra_since_ = now;
    extra_delivered_ = 0;
  }
  rate_.OnSent(bytes, flight, now, shortest_round_trip());
}

void Bbr::OnLost(size_t bytes) {
  rate_.OnLost(bytes);
  round_lost_ += bytes;
}

size_t Bbr::Reduce(size_t cwnd, size_t packet_bytes, bool /*by_timeout*/) {
  packet_bytes_ = packet_bytes;
  undo_rate_lo_ = rate_lo_;
  undo_inflight_lo_ = inflight_lo_;
  undo_inflight_hi_ = inflight_hi_;
  return cwnd;
}

void Bbr::Undo() {
  loss_in_round_ = false;
  round_lost_ = 0;
  rate_lo_ = std::max(rate_lo_, undo_rate_lo_);
  inflight_lo_ = std::max(inflight_lo_, undo_inflight_lo_);
  inflight_hi_ = std::max(inflight_hi_, undo_inflight_hi_);
  ResetFullRate();
}

void Bbr::OnAcknowledged(Window& window, const Acknowledged& acknowledged) {
  packet_bytes_ = acknowledged.packet_bytes;
  if (random_ == 0) random_ = static_cast<uint32_t>(acknowledged.now * 2654435761u) | 1;
  const DeliverySample sample = rate_.OnAcknowledged(acknowledged, shortest_round_trip());
  if (acknowledged.bytes == 0) return;
  NoteRound(sample);
  NoteRate(sample);
  NoteLossRound(sample, window.bytes);
  NoteAggregation(acknowledged, window.bytes);
  CheckFullRate(sample);
  NoteRoundTrip(acknowledged);
  Advance(window, sample, acknowledged);
  if (loss_round_began_ && sample.is_known) {
    rate_latest_ = sample.bytes_per_us;
    inflight_latest_ = static_cast<size_t>(sample.delivered);
  }
  SetWindow(window, acknowledged);
}

void Bbr::NoteRound(const DeliverySample& sample) {
  round_began_ = sample.is_known && sample.prior_delivered >= next_round_delivered_;
  if (!round_began_) return;
  BeginRound();
  ++rounds_since_probe_;
  if (++extra_rounds_ >= kExtraRounds) {
    extra_ = {extra_[1], 0};
    extra_rounds_ = 0;
  }
}

void Bbr::NoteRate(const DeliverySample& sample) {
  rate_latest_ = std::max(rate_latest_, sample.bytes_per_us);
  inflight_latest_ = std::max(inflight_latest_, static_cast<size_t>(sample.delivered));
  if (sample.bytes_per_us >= max_rate() || !sample.is_app_limited) max_rate_[1] = std::max(max_rate_[1], sample.bytes_per_us);
}

// Where a round lost more than is tolerated, and did not try for more, the short-term bounds follow what was delivered.
void Bbr::NoteLossRound(const DeliverySample& sample, size_t cwnd) {
  loss_round_began_ = sample.is_known && sample.prior_delivered >= loss_round_delivered_;
  if (!loss_round_began_) return;
  loss_round_delivered_ = rate_.delivered();
  const bool is_much = round_lost_ > Tolerated(static_cast<size_t>(sample.delivered));
  // Losses while even the shortest round trip is long come from a queue that is full.
  loss_in_round_ = is_much || (round_lost_ != 0 && round_rtt_us_ != kNever && round_rtt_us_ > min_rtt_us_ + min_rtt_us_ / kQueueShows);
  round_lost_ = 0;
  round_rtt_us_ = kNever;
  if (!loss_in_round_) return;
  if (state_ == State::kStartup) {
    if (!is_much) return;
    full_reached_ = true;
    inflight_hi_ = std::max(static_cast<size_t>(Bdp(max_rate())), inflight_latest_);
    return;
  }
  if (state_ == State::kRefill || state_ == State::kUp || state_ == State::kDrain) return;
  if (rate_lo_ == kNoRate) rate_lo_ = max_rate();
  if (inflight_lo_ == kNoBound) inflight_lo_ = cwnd;
  rate_lo_ = std::max(rate_latest_, kBeta * rate_lo_);
  inflight_lo_ = std::max(inflight_latest_, static_cast<size_t>(kBeta * static_cast<double>(inflight_lo_)));
}

// What came beyond the rate: the window must have room for it, or sending would pause until it comes.
void Bbr::NoteAggregation(const Acknowledged& acknowledged, size_t cwnd) {
  double expected = BoundedRate() * static_cast<double>(acknowledged.now - extra_since_);
  if (static_cast<double>(extra_delivered_) <= expected) {
    extra_delivered_ = 0;
    extra_since_ = acknowledged.now;
    expected = 0;
  }
  extra_delivered_ += acknowledged.bytes;
  const double extra = std::min(static_cast<double>(extra_delivered_) - expected, static_cast<double>(cwnd));
  if (extra > 0 && full_reached_) extra_[1] = std::max(extra_[1], static_cast<size_t>(extra));
}

void Bbr::CheckFullRate(const DeliverySample& sample) {
  if (full_now_ || sample.bytes_per_us == 0 || sample.is_app_limited) return;
  if (sample.bytes_per_us >= full_rate_ * kFullGrowth) {
    ResetFullRate();
    full_rate_ = sample.bytes_per_us;
    return;
  }
  if (!round_began_) return;
  full_now_ = ++full_rounds_ >= kFullRounds;
  full_reached_ |= full_now_;
}

void Bbr::NoteRoundTrip(const Acknowledged& acknowledged) {
  const TimeUs now = acknowledged.now;
  if (acknowledged.round_trip != 0) round_rtt_us_ = std::min(round_rtt_us_, acknowledged.round_trip);
  probe_rtt_expired_ = probe_rtt_us_ != kNever && now > probe_rtt_at_ + kProbeRttEveryUs;
  if (acknowledged.round_trip != 0 && (acknowledged.round_trip < probe_rtt_us_ || probe_rtt_expired_)) {
    probe_rtt_us_ = acknowledged.round_trip;
    probe_rtt_at_ = now;
  }
  if (probe_rtt_us_ < min_rtt_us_ || (min_rtt_us_ != kNever && now > min_rtt_at_ + kMinRttWindowUs)) {
    min_rtt_us_ = probe_rtt_us_;
    min_rtt_at_ = probe_rtt_at_;
  }
}

void Bbr::SetWindow(Window& window, const Acknowledged& acknowledged) {
  const size_t target = Target(WindowGain());
  if (full_reached_) {
    window.bytes = std::min(window.bytes + acknowledged.bytes, target);
  } else if (window.bytes < target || max_rate() == 0) {
    window.bytes += acknowledged.bytes;
  }
  window.bytes = Bounded(std::max(window.bytes, kMinPipePackets * packet_bytes_));
}

size_t Bbr::Bounded(size_t cwnd) const {
  if (state_ == State::kProbeRtt)
    cwnd = std::min(cwnd, std::max(static_cast<size_t>(WindowGain() * Bdp(BoundedRate())), kMinPipePackets * packet_bytes_));
  size_t cap = kNoBound;
  if (state_ == State::kProbeRtt || state_ == State::kCruise) {
    cap = WithHeadroom();
  } else if (probes()) {
    cap = inflight_hi_;
  }
  return std::min(cwnd, std::max(std::min(cap, inflight_lo_), kMinPipePackets * packet_bytes_));
}

}  // namespace mailport::sctp
