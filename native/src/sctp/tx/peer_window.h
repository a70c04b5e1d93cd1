// How much room the peer still has: the window it advertised last, less the data on its way (RFC 9260 sections 6.1, 6.2.1).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace mailport::sctp {

class PeerWindow {
 public:
  // The first window, from INIT or INIT ACK.
  void Begin(uint32_t bytes) { left_ = advertised_ = bytes; }
  // A SACK advertises `bytes`, while these chunks and bytes are on their way.
  void Advertise(uint32_t bytes, size_t chunks_in_flight, size_t bytes_in_flight) {
    const size_t in_flight = bytes_in_flight + chunks_in_flight * kOverheadBytes;
    advertised_ = bytes;
    left_ = bytes > in_flight ? bytes - static_cast<uint32_t>(in_flight) : 0;
  }
  // A chunk leaves (Take), or is taken to be lost (Return; section 6.2.1 C).
  void Take(uint32_t payload_bytes) { left_ -= std::min(left_, payload_bytes + kOverheadBytes); }
  void Return(uint32_t payload_bytes) { left_ += payload_bytes + kOverheadBytes; }

  uint32_t left() const { return left_; }
  uint32_t advertised() const { return advertised_; }

 private:
  // Window that a chunk takes up beside its payload. Receivers count a message's overhead too, and drop chunks that do not fit. Our own receiver takes three
  // windows' worth before it drops (kSlack in receive_window.cc); this allowance keeps us below that, whatever the messages' size.
  static constexpr uint32_t kOverheadBytes = 32;

  uint32_t left_ = 0;
  uint32_t advertised_ = 0;
};

}  // namespace mailport::sctp
