// Control chunks that wait for the next packet. Chunks beyond the limit are dropped: answers and errors may be lost, as the peer asks again.
#pragma once

#include <array>
#include <vector>

#include "../give_back.h"
#include "packet.h"

namespace mailport::sctp {

class ControlQueue {
 public:
  // A COOKIE ACK is a packet's first chunk (RFC 9260 section 5.1 D), whatever was queued before.
  void AddCookieAck() {
    static constexpr std::array<uint8_t, kChunkHeaderBytes> kChunk{kChunkCookieAck, 0, 0, kChunkHeaderBytes};
    if (chunks_.empty() || chunks_[0] != kChunkCookieAck) chunks_.insert(chunks_.begin(), kChunk.begin(), kChunk.end());
  }
  void Add(uint8_t type, uint8_t flags, Bytes value) {
    if (chunks_.size() + value.size() > kMaxBytes) return;
    const size_t at = chunks_.size();
    const size_t bytes = kChunkHeaderBytes + value.size();
    chunks_.resize(at + Padded(bytes), 0);
    chunks_[at] = type;
    chunks_[at + 1] = flags;
    Store16(&chunks_[at + 2], static_cast<uint32_t>(bytes));
    if (!value.empty()) std::memcpy(&chunks_[at + kChunkHeaderBytes], value.data(), value.size());
  }
  // Moves all chunks into packets, and leaves the last packet open. Returns the number of chunks.
  size_t MoveTo(PacketBuilder& packet) {
    size_t count = 0;
    for (size_t at = 0; at < chunks_.size(); ++count) {
      const size_t bytes = Load16(&chunks_[at + 2]);
      if (!packet.empty() && Padded(bytes) > packet.room()) packet.Send();
      packet.AddCopy({&chunks_[at], bytes});
      at += Padded(bytes);
    }
    if (count != 0) GiveBack(chunks_);  // Control chunks are rare.
    return count;
  }
  // Appends all chunks to the packet if they fit, or drops them.
  void MoveBehind(PacketBuilder& packet) {
    if (!chunks_.empty() && chunks_.size() <= packet.room()) packet.AddCopy(chunks_);
    if (!chunks_.empty()) GiveBack(chunks_);
  }

 private:
  static constexpr size_t kMaxBytes = 16 * 1024;

  std::vector<uint8_t> chunks_;  // One behind the other, each padded.
};

}  // namespace mailport::sctp
