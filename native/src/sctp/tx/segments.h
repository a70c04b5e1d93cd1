// The payload that an association has accepted and its peer has not yet acknowledged. Messages enter in order, and may leave in any: the bytes lie in
// segments of one size, and a segment that nothing is left of goes back to the engine's pool. So a message costs no allocation, and one that stays
// long keeps no more than the segments it lies in.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "../ring.h"
#include "../types.h"

namespace mailport::sctp {

// Segments that nobody uses, for all associations of an engine.
class SegmentPool {
 public:
  static constexpr size_t kSegmentBytes = 4096;

  SegmentPool() = default;
  SegmentPool(const SegmentPool&) = delete;
  SegmentPool& operator=(const SegmentPool&) = delete;

  std::unique_ptr<uint8_t[]> Take();
  void Give(std::unique_ptr<uint8_t[]> segment);
  size_t size() const { return free_.size(); }

 private:
  static constexpr size_t kMaxFree = 1024;  // 4 MiB: more is the allocator's to keep.

  std::vector<std::unique_ptr<uint8_t[]>> free_;
};

class Segments {
 public:
  explicit Segments(SegmentPool& pool) : pool_(pool) {}
  ~Segments() { Clear(); }
  Segments(const Segments&) = delete;
  Segments& operator=(const Segments&) = delete;

  // Copies `data` in and gives the position of its first byte. A position counts every byte that ever entered.
  uint64_t Append(Bytes data);
  void Read(uint64_t position, size_t length, uint8_t* out) const;
  // These bytes are needed no more. Each byte leaves once.
  void Release(uint64_t position, size_t length);
  // All of them leave.
  void Clear();
  // Gives memory back that the segments in use do not need.
  void Trim() { segments_.Trim(); }
  size_t memory_bytes() const { return in_use_ * SegmentPool::kSegmentBytes; }

 private:
  struct Segment {
    uint8_t* bytes;  // Null: nothing is left of it.
    size_t live;     // Bytes that have not left.
  };
  static constexpr size_t kSegmentBytes = SegmentPool::kSegmentBytes;

  // Calls `each(segment, offset in it, bytes)` for the parts of [position, position + length) in order.
  template <typename Each>
  void Walk(uint64_t position, size_t length, Each each) const;
  void GiveBack(Segment& segment);
  void DropFinished();

  SegmentPool& pool_;
  Ring<Segment> segments_;
  uint64_t first_ = 0;  // The number of the first one.
  uint64_t end_ = 0;    // The position behind the last byte.
  size_t in_use_ = 0;
};

}  // namespace mailport::sctp
