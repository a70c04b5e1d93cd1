// The packets that one turn sends, written one after the other into one block of memory. So a run of equally long packets for one route is one
// contiguous piece, which UDP_SEGMENT (generic segmentation offload) sends in one go without a copy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "../sctp/types.h"

namespace mailport::io {

// The most that one UDP datagram over IPv4 carries: 65,535 less the IP and UDP headers. A run is no longer than that either.
constexpr size_t kMaxDatagramBytes = 65507;
// UDP_MAX_SEGMENTS of Linux 4.18 to 6.8; later kernels take more.
constexpr size_t kMaxSegmentsPerRun = 64;

// Packets for one route, back to back; all `segment_bytes` long except the last, which may be shorter.
struct PacketRun {
  sctp::PacketRoute route;
  const uint8_t* data = nullptr;
  size_t length = 0;
  size_t segment_bytes = 0;
  bool closed = false;  // Its last packet was shorter, so none may follow.
  bool may_be_fragmented = true;  // By IP. False: the packets arrive in one piece, or not at all.

  size_t packets() const { return (length + segment_bytes - 1) / segment_bytes; }
};

class OutgoingPackets {
 public:
  explicit OutgoingPackets(size_t capacity) : memory_(std::make_unique_for_overwrite<uint8_t[]>(capacity)), capacity_(capacity) {}
  OutgoingPackets(const OutgoingPackets&) = delete;
  OutgoingPackets& operator=(const OutgoingPackets&) = delete;

  // Whether Reserve(`bytes`) may be called before the next Clear.
  bool HasRoom(size_t bytes) const { return capacity_ - used_ >= bytes; }
  // Where the next packet is written. A packet that was reserved and not committed is forgotten.
  uint8_t* Reserve() { return memory_.get() + used_; }
  void Commit(const sctp::PacketRoute& route, size_t length, bool may_be_fragmented = true);

  std::span<const PacketRun> runs() const { return runs_; }
  bool empty() const { return runs_.empty(); }
  void Clear() {
    runs_.clear();
    used_ = 0;
  }

 private:
  std::unique_ptr<uint8_t[]> memory_;
  size_t capacity_;
  size_t used_ = 0;
  std::vector<PacketRun> runs_;
};

static_assert(!std::is_copy_constructible_v<OutgoingPackets>);

}  // namespace mailport::io
