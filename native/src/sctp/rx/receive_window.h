// The window that the peer is given, and how much of it has come (RFC 9260 sections 6.2, 6.9). A closed window lets in only data that was on its way when the
// window closed, and a little data that fills gaps: filling a gap frees the messages that wait behind it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace mailport::sctp {

class ReceiveWindow {
 public:
  void SetSize(size_t bytes) { size_ = static_cast<uint32_t>(std::min<size_t>(bytes, UINT32_MAX)); }
  size_t size() const { return size_; }
  // A new peer, which knows the window from INIT or INIT ACK.
  void Reset(size_t held, size_t hold_limit);

  // `fills_gap`: the chunk's TSN is below the highest received. `held`: bytes held of the peer now. `hold_limit`: bytes that may be held, whatever the window
  // is. The caller takes the next TSN even beyond the limits while the application reads: without that chunk nothing would ever make room.
  bool IsOverLimit(bool fills_gap, size_t held, size_t hold_limit) const;
  // Whether the peer may have sent the chunk in good faith.
  bool Allows(bool fills_gap, size_t bytes, size_t held) const;
  bool IsHalfFull(size_t held, size_t hold_limit) const { return held >= std::min(size(), hold_limit) / 2; }
  void Count(size_t bytes) { received_ += bytes; }

  uint32_t Advertised(size_t held, size_t hold_limit) const;
  // The window has opened so far since the last SACK that the peer should hear of it.
  bool WantsUpdate(uint32_t advertised, size_t packet_bytes) const;
  void Tell(uint32_t advertised);

 private:
  uint32_t size_ = 0;
  uint32_t told_ = 0;
  // Payload that has come, and the furthest point that the peer was ever allowed to reach. Data within that was sent in good faith, and must be taken even if
  // the window has closed since.
  uint64_t received_ = 0;
  uint64_t promised_ = 0;
};

}  // namespace mailport::sctp
