// The window that the peer is given, and what of it has come (RFC 9260 sections 6.2, 6.9). A closed window lets nothing in but what was on its way when
// it closed, and a little that fills gaps: that frees what waits behind it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mailport::sctp {

class ReceiveWindow {
 public:
  void SetSize(size_t bytes) { size_ = bytes; }
  size_t size() const { return size_; }
  // A new peer, who knows the window from INIT or INIT ACK.
  void Reset(size_t held, size_t hold_limit);

  // `fills_gap`: the chunk stands before the highest that has come. `held`: what is held of the peer now. `hold_limit`: what may be, whatever the window is.
  // What everything waits for is taken even beyond the limits, if it can be handed on at once: without it nothing would ever make room.
  bool IsOverLimit(bool fills_gap, size_t held, size_t hold_limit) const;
  // Whether the peer may have sent it in good faith.
  bool Allows(bool fills_gap, size_t bytes, size_t held) const;
  void Count(size_t bytes) { received_ += bytes; }

  uint32_t Advertised(size_t held, size_t hold_limit) const;
  // It has opened so far since the last SACK that the peer should hear of it.
  bool WantsUpdate(uint32_t advertised, size_t packet_bytes) const;
  void Tell(uint32_t advertised);

 private:
  size_t size_ = 0;
  uint32_t told_ = 0;
  // Payload that has come, and how far the peer has ever been told that it may go: what is within that was sent in good faith, and must be taken even if
  // the window has closed since.
  uint64_t received_ = 0;
  uint64_t promised_ = 0;
};

}  // namespace mailport::sctp
