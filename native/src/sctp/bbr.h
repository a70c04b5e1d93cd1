// Congestion control by a model of the path (BBR, draft-ietf-ccwg-bbr): the rate at which it delivers, and its shortest round trip. Data is paced by that rate,
// and what is on its way is bounded by the product of both. A loss by itself changes nothing: only where a good part of a flight is lost, the bound falls.
//
// Unlike the draft, a few packets may be lost beside the 2 % that are tolerated: with small flights, or by chance, single losses would exceed these
// (kToleratedPackets). For the same reason the short-term bounds follow only rounds that lost more than that, or that lost something while a queue showed.
//
// Also unlike the draft, after a probe that lost too much, what is on its way is bounded by the product alone until the next probe, and not by twice that, and this probe comes a third later. Where others keep a queue full,
// the draft's window holds a place in that queue, and those that reduce theirs after losses were left with a fifth of the line.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "control.h"
#include "delivery_rate.h"

namespace mailport::sctp {

class Bbr {
 public:
  enum class State : uint8_t { kStartup, kDrain, kDown, kCruise, kRefill, kUp, kProbeRtt };

  void OnSent(size_t bytes, size_t flight, TimeUs now);
  void OnLost(size_t bytes);
  void OnTakenBack(size_t bytes) { rate_.OnTakenBack(bytes); }
  void OnAppLimited(size_t flight) { rate_.OnAppLimited(flight); }
  void OnAcknowledged(Window& window, const Acknowledged& acknowledged);
  // A loss leaves the window; a timeout leaves a packet, which is the path's to do.
  size_t Reduce(size_t cwnd, size_t packet_bytes, bool by_timeout);
  void Undo();
  size_t AfterIdle(size_t cwnd, size_t /*initial*/) { return cwnd; }
  Pace PaceOf(const Window& window, size_t packet_bytes, TimeUs srtt) const;

  // For tests.
  State state() const { return state_; }
  double max_rate() const { return std::max(max_rate_[0], max_rate_[1]); }  // Bytes a microsecond.
  TimeUs shortest_round_trip() const { return min_rtt_us_ == kNever ? 0 : min_rtt_us_; }
  size_t flight_bound() const { return inflight_hi_; }
  const DeliveryRate& samples() const { return rate_; }

 private:
  static constexpr size_t kNoBound = SIZE_MAX;
  static constexpr double kNoRate = 1e300;

  bool probes() const { return state_ >= State::kDown && state_ <= State::kUp; }
  double BoundedRate() const { return std::min(max_rate(), rate_lo_); }
  double Bdp(double bytes_per_us) const;
  size_t Target(double gain) const;  // What is on its way at that gain, quanta included.
  size_t WithHeadroom() const;
  size_t Tolerated(size_t bytes) const;
  double PacingGain() const;
  double WindowGain() const;

  // The model (bbr.cc).
  void NoteRound(const DeliverySample& sample);
  void NoteRate(const DeliverySample& sample);
  void NoteLossRound(const DeliverySample& sample, size_t cwnd);
  void NoteAggregation(const Acknowledged& acknowledged, size_t cwnd);
  void CheckFullRate(const DeliverySample& sample);
  void NoteRoundTrip(const Acknowledged& acknowledged);
  void SetWindow(Window& window, const Acknowledged& acknowledged);
  size_t Bounded(size_t cwnd) const;
  void ResetFullRate() { full_rate_ = 0, full_rounds_ = 0, full_now_ = false; }

  // The states (bbr_states.cc).
  void Advance(Window& window, const DeliverySample& sample, const Acknowledged& acknowledged);
  void AdaptFlightBound(const Window& window, const DeliverySample& sample, const Acknowledged& acknowledged);
  void RaiseSlope(size_t cwnd);
  void BeginDown(TimeUs now);
  void BeginCruise() { state_ = State::kCruise; }
  void BeginRefill();
  void BeginUp(const DeliverySample& sample, size_t cwnd, TimeUs now);
  bool IsTimeToProbe(TimeUs now) const;
  void CheckProbeRtt(Window& window, const Acknowledged& acknowledged);
  void LeaveProbeRtt(Window& window, TimeUs now);
  void BeginRound() { next_round_delivered_ = rate_.delivered(); }
  void ResetSignals() { loss_in_round_ = false, rate_latest_ = 0, inflight_latest_ = 0; }
  void ResetLowerBounds() { rate_lo_ = kNoRate, inflight_lo_ = kNoBound; }

  DeliveryRate rate_;
  State state_ = State::kStartup;
  size_t packet_bytes_ = 0;

  // Rounds.
  uint64_t next_round_delivered_ = 0;
  bool round_began_ = false;
  uint32_t rounds_since_probe_ = 0;

  // The rate: the most of this cycle and the one before.
  std::array<double, 2> max_rate_{};
  double full_rate_ = 0;
  uint32_t full_rounds_ = 0;
  bool full_now_ = false, full_reached_ = false;

  // The shortest round trip, and the one that the next look at it begins with.
  TimeUs min_rtt_us_ = kNever, min_rtt_at_ = 0;
  TimeUs probe_rtt_us_ = kNever, probe_rtt_at_ = 0;
  bool probe_rtt_expired_ = false;
  TimeUs probe_rtt_done_at_ = 0;
  bool probe_rtt_round_done_ = false;
  bool idle_restart_ = false;
  size_t prior_cwnd_ = 0;

  // Losses.
  uint64_t loss_round_delivered_ = 0;
  bool loss_round_began_ = false;
  bool loss_in_round_ = false;
  size_t round_lost_ = 0;
  TimeUs round_rtt_us_ = kNever;  // The shortest one of the round.
  double rate_latest_ = 0;
  size_t inflight_latest_ = 0;
  double rate_lo_ = kNoRate;
  size_t inflight_lo_ = kNoBound, inflight_hi_ = kNoBound;
  double undo_rate_lo_ = kNoRate;
  size_t undo_inflight_lo_ = kNoBound, undo_inflight_hi_ = kNoBound;

  // The cycle.
  enum class Acks : uint8_t { kNone, kRefilling, kProbeStarting, kProbeFeedback, kProbeStopping };
  Acks acks_ = Acks::kNone;
  TimeUs cycle_at_ = 0, probe_wait_us_ = 0;
  bool probe_samples_ = false;
  bool probe_was_too_much_ = false;  // The last one: it lost more than is tolerated.
  uint32_t up_rounds_ = 0;
  size_t up_acked_ = 0, up_count_ = SIZE_MAX;
  uint32_t random_ = 0;

  // Acknowledgements that come together.
  TimeUs extra_since_ = 0;
  uint64_t extra_delivered_ = 0;
  std::array<size_t, 2> extra_{};
  uint32_t extra_rounds_ = 0;
};

}  // namespace mailport::sctp
