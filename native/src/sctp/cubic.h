// CUBIC (RFC 9438): the window grows with the cube of the time since the last loss, fast at first, slowly around the size at which the loss came, and fast again if
// none comes there. So it does not depend on the round trip, and fills a long line in seconds where a packet a round trip takes minutes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "control.h"
#include "types.h"

namespace mailport::sctp {

class Cubic {
 public:
  Cubic() = default;
  Cubic(const Cubic& other) : both_(std::make_unique<Both>(*other.both_)) {}
  Cubic& operator=(const Cubic& other) {
    *both_ = *other.both_;
    return *this;
  }

  size_t Grow(size_t cwnd, const Acknowledged& acknowledged);
  void OnAllAcknowledged() {}
  void OnIdle() { state_.began = false; }
  size_t Reduce(size_t cwnd, size_t packet_bytes, bool by_timeout);
  void Undo() { state_ = before_; }

 private:
  // Windows are in packets, times in seconds, as in the RFC.
  struct State {
    bool began = false;          // The present stage of congestion avoidance.
    bool after_timeout = false;  // It is the first one after a timeout (section 4.8).
    TimeUs epoch_us = 0;         // Its beginning, without the time in which the window was not used up.
    TimeUs last_us = 0;          // The last acknowledgement.
    double w_max = 0;            // The window before the last loss, or less (section 4.7).
    double k = 0;                // How long it takes to come there again.
    double w_est = 0;            // What a Reno sender would have by now (section 4.3).
    double cwnd_prior = 0;       // The window when the last loss came.
  };

  void Begin(double cwnd, TimeUs now);

  // Apart, as every path has the room for this, whichever way its window grows.
  struct Both {
    State now, before;
  };
  std::unique_ptr<Both> both_ = std::make_unique<Both>();
  State& state_ = both_->now;
  State& before_ = both_->before;  // The last loss.
};

}  // namespace mailport::sctp
