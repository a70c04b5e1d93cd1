// Limits how many answers a second go to strangers (RFC 9260 sections 8.4, 12.2).
#pragma once

#include <algorithm>

#include "types.h"

namespace mailport::sctp {

class RateLimit {
 public:
  RateLimit(uint32_t per_second, uint32_t burst) : per_second_(per_second), burst_(burst), tokens_(burst) {}

  bool Allow(TimeUs now) {
    constexpr double kMicrosPerSecond = 1e6;
    tokens_ = std::min<double>(burst_, tokens_ + static_cast<double>(now - last_) * per_second_ / kMicrosPerSecond);
    last_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  const uint32_t per_second_, burst_;
  double tokens_;
  TimeUs last_ = 0;
};

}  // namespace mailport::sctp
