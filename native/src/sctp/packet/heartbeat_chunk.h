// HEARTBEAT and HEARTBEAT ACK (RFC 9260 section 3.3.5, https://www.rfc-editor.org/rfc/rfc9260#section-3.3.5). We choose the information, and the peer sends it
// back unchanged. Ours is 64 random bits, which prove that the peer got the HEARTBEAT.
//
//   | type = 4 or 5 | flags | length  |
//   | parameter type = 1 | length     |
//   | information ...                 |
#pragma once

#include <algorithm>
#include <array>

#include "packet.h"

namespace mailport::sctp {

class HeartbeatInfo {
 public:
  HeartbeatInfo() = default;
  explicit HeartbeatInfo(uint64_t nonce) {
    Store16(&bytes_[0], kParamHeartbeatInfo);
    Store16(&bytes_[2], static_cast<uint32_t>(bytes_.size()));
    Store64(&bytes_[4], nonce);
  }
  // The chunk's value.
  Bytes bytes() const { return bytes_; }
  bool Is(Bytes value) const { return value.size() == bytes_.size() && std::equal(value.begin(), value.end(), bytes_.begin()); }

 private:
  std::array<uint8_t, 12> bytes_{};
};

}  // namespace mailport::sctp
