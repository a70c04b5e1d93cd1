#include "cubic.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mailport::sctp {

namespace {

// Section 4.6: what is left after a loss, and the steepness, in packets a second cubed (section 5.1).
constexpr double kBeta = 0.7;
constexpr double kC = 0.4;
// Section 4.3: with this many packets a window a Reno sender that loses 1 - kBeta takes the share of one that loses half.
constexpr double kAlpha = 3 * (1 - kBeta) / (1 + kBeta);
constexpr double kMicrosPerSecond = 1e6;

}  // namespace

void Cubic::Begin(double cwnd, TimeUs now) {
  state_.began = true;
  state_.epoch_us = state_.last_us = now;
  state_.w_est = cwnd;
  if (state_.after_timeout || cwnd >= state_.w_max) {
    state_.w_max = cwnd;
    state_.k = 0;
  } else {
    state_.k = std::cbrt((state_.w_max - cwnd) / kC);
  }
  state_.after_timeout = false;
}

// Sections 4.2 to 4.5.
size_t Cubic::Grow(size_t cwnd_bytes, const Acknowledged& acknowledged) {
  const auto packet = static_cast<double>(acknowledged.packet_bytes);
  const double cwnd = static_cast<double>(cwnd_bytes) / packet, acked = static_cast<double>(acknowledged.bytes) / packet;
  if (!state_.began) Begin(cwnd, acknowledged.now);
  const TimeUs since = acknowledged.now - std::exchange(state_.last_us, acknowledged.now);
  // Section 5.8: time in which the sender had less to send proves nothing.
  if (!acknowledged.was_full) {
    state_.epoch_us += since;
    return cwnd_bytes;
  }
  const auto window_at = [this](double t) {
    const double from_k = t - state_.k;
    return kC * from_k * from_k * from_k + state_.w_max;
  };
  const double t = static_cast<double>(acknowledged.now - state_.epoch_us) / kMicrosPerSecond;
  state_.w_est += (state_.w_est >= state_.cwnd_prior ? 1 : kAlpha) * acked / cwnd;
  if (window_at(t) < state_.w_est) return static_cast<size_t>(std::max(cwnd, state_.w_est) * packet);
  const double target = std::clamp(window_at(t + static_cast<double>(acknowledged.srtt) / kMicrosPerSecond), cwnd, 1.5 * cwnd);
  return static_cast<size_t>((cwnd + (target - cwnd) / cwnd * std::min(acked, cwnd)) * packet);
}

size_t Cubic::Reduce(size_t cwnd_bytes, size_t packet_bytes, bool by_timeout) {
  const double cwnd = static_cast<double>(cwnd_bytes) / static_cast<double>(packet_bytes);
  before_ = state_;
  state_.cwnd_prior = cwnd;
  // Section 4.7: one that has lost before it came to the last size gives room to others.
  state_.w_max = cwnd < state_.w_max ? cwnd * (1 + kBeta) / 2 : cwnd;
  state_.began = false;
  state_.after_timeout = by_timeout;
  return static_cast<size_t>(static_cast<double>(cwnd_bytes) * kBeta);
}

}  // namespace mailport::sctp
