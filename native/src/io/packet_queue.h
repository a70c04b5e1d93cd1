// Copies of packets in the order in which they came, up to a bound. Packets beyond it are lost, as on a network, and counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "../sctp/types.h"

namespace mailport::io {

class PacketQueue {
 public:
  // The longest packet that is kept: as long as IP has them.
  static constexpr size_t kMaxPacketBytes = 65535;

  // `most_bytes`: of all packets, each with what it costs beside its bytes.
  explicit PacketQueue(size_t most_bytes) : most_bytes_(most_bytes) {}
  PacketQueue(const PacketQueue&) = delete;
  PacketQueue& operator=(const PacketQueue&) = delete;

  // Keeps a copy, unless there is no room for it.
  void Add(const sctp::PacketRoute& route, sctp::Bytes packet, bool may_be_fragmented = true);
  bool empty() const { return head_ == entries_.size(); }
  // The oldest packet. Both are good until the next call of Add or Pop.
  const sctp::PacketRoute& route() const { return entries_[head_].route; }
  bool may_be_fragmented() const { return entries_[head_].may_be_fragmented; }
  sctp::Bytes packet() const { return {memory_.data() + entries_[head_].offset, entries_[head_].length}; }
  void Pop();
  void Clear();

  // Packets that were kept, and those that were not.
  uint64_t taken() const { return taken_; }
  uint64_t lost() const { return lost_; }

 private:
  struct Entry {
    sctp::PacketRoute route;
    size_t offset;
    uint32_t length;
    bool may_be_fragmented;
  };
  // Memory that is kept although nothing waits.
  static constexpr size_t kIdleBytes = 64 * 1024;

  // Moves what waits to the front of the memory.
  void Compact();

  size_t most_bytes_;
  size_t waiting_bytes_ = 0;  // With the costs of entries.
  size_t head_ = 0;
  std::vector<Entry> entries_;
  std::vector<uint8_t> memory_;
  uint64_t taken_ = 0;
  uint64_t lost_ = 0;
};

static_assert(!std::is_copy_constructible_v<PacketQueue>);

}  // namespace mailport::io
