#include "receive_window.h"

#include <algorithm>

namespace mailport::sctp {

namespace {

constexpr size_t kSmallestUpdate = 4;  // A quarter of the window.
// A peer learns of the window's overhead only from a SACK, so data that it sent in the meantime is taken up to this multiple of the window, and data that fills
// gaps up to one window more.
constexpr size_t kSlack = 3;

}  // namespace

void ReceiveWindow::Reset(size_t held, size_t hold_limit) {
  told_ = Advertised(held, hold_limit);
  received_ = 0;
  promised_ = size_;
}

bool ReceiveWindow::IsOverLimit(bool fills_gap, size_t held, size_t hold_limit) const {
  return held >= std::min(size_ * (kSlack + (fills_gap ? 1 : 0)), hold_limit);
}

bool ReceiveWindow::Allows(bool fills_gap, size_t bytes, size_t held) const {
  return held < size_ || received_ + bytes <= promised_ + (fills_gap ? size_ / 2 : 0);
}

uint32_t ReceiveWindow::Advertised(size_t held, size_t hold_limit) const {
  const size_t window = std::min(size(), hold_limit);
  return held >= window ? 0 : static_cast<uint32_t>(window - held);
}

bool ReceiveWindow::WantsUpdate(uint32_t advertised, size_t packet_bytes) const {
  const size_t least = std::min(size() / 2, std::max(size() / kSmallestUpdate, packet_bytes));
  return advertised > told_ && advertised - told_ >= least && told_ < size_ / 2;
}

void ReceiveWindow::Tell(uint32_t advertised) {
  told_ = advertised;
  promised_ = std::max(promised_, received_ + advertised);
}

}  // namespace mailport::sctp
