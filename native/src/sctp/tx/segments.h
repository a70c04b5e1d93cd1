// The payload that an association has accepted and its peer has not yet acknowledged. Messages enter in order, and may leave in any: the bytes lie in
// segments of one size, and a segment that nothing is left of goes back to the engine's pool. So a message costs no allocation, and one that stays
// long keeps no more than the segments it lies in.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "../ring.h"
#include "../types.h"

namespace mailport::sctp {

// Segments that nobody uses, for all associations of an engine.
class SegmentPool {
 public:
  // As much as a peer makes us keep that does not acknowledge a byte.
  static constexpr size_t kSegmentBytes = 1024;

  SegmentPool() = default;
  ~SegmentPool();
  SegmentPool(const SegmentPool&) = delete;
  SegmentPool& operator=(const SegmentPool&) = delete;

  // Whoever takes a segment gives it back.
  uint8_t* Take() {
    if (free_.empty()) return new uint8_t[kSegmentBytes];
    uint8_t* const segment = free_.back();
    free_.pop_back();
    return segment;
  }
  void Give(uint8_t* segment) {
    if (free_.size() < kMaxFree) {
      free_.push_back(segment);
    } else {
      delete[] segment;
    }
  }
  size_t size() const { return free_.size(); }

 private:
  static constexpr size_t kMaxFree = 2048;  // 2 MiB: more is the allocator's to keep.

  std::vector<uint8_t*> free_;
};

class Segments {
 public:
  explicit Segments(SegmentPool& pool) : pool_(pool) {}
  ~Segments() { Clear(); }
  Segments(const Segments&) = delete;
  Segments& operator=(const Segments&) = delete;

  // Copies `data` in and gives the position of its first byte. A position counts every byte that ever entered.
  uint64_t Append(Bytes data) {
    const uint64_t position = end_;
    while (!data.empty()) {
      const size_t part = std::min(data.size(), kSegmentBytes - OffsetOf(end_));
      Segment& segment = Last();
      Copy(segment.bytes + OffsetOf(end_), data.data(), part);
      segment.live += static_cast<uint32_t>(part);
      end_ += part;
      data = data.subspan(part);
    }
    return position;
  }
  void Read(uint64_t position, size_t length, uint8_t* out) const {
    while (length != 0) {
      const size_t part = std::min(length, kSegmentBytes - OffsetOf(position));
      Copy(out, segments_[IndexOf(position)].bytes + OffsetOf(position), part);
      out += part;
      position += part;
      length -= part;
    }
  }
  // These bytes are needed no more. Each byte leaves once.
  void Release(uint64_t position, size_t length) {
    while (length != 0) {
      const size_t part = std::min(length, kSegmentBytes - OffsetOf(position));
      Segment& segment = segments_[IndexOf(position)];
      segment.live -= static_cast<uint32_t>(part);
      position += part;
      length -= part;
      if (segment.live == 0) GiveBack(segment);
    }
  }
  // All of them leave.
  void Clear();
  // Gives the memory of the table of segments back if there is no byte.
  void Trim();
  size_t memory_bytes() const { return in_use_ * SegmentPool::kSegmentBytes; }
  size_t table_bytes() const { return segments_.memory_bytes(); }

 private:
  struct Segment {
    uint8_t* bytes;  // Null: nothing is left of it.
    uint32_t live;   // Bytes that have not left.
  };
  static constexpr size_t kSegmentBytes = SegmentPool::kSegmentBytes;

  // Out of line: where the compiler sees that a copy is a segment at most, it makes a loop of it that is slower than memcpy.
  static void Copy(uint8_t* to, const uint8_t* from, size_t bytes);
  static size_t OffsetOf(uint64_t position) { return static_cast<size_t>(position % kSegmentBytes); }
  // Segments that are dropped move the others, so an index counts until then.
  size_t IndexOf(uint64_t position) const { return static_cast<size_t>(position / kSegmentBytes - first_); }
  // The one that the next byte goes into.
  Segment& Last() {
    if (IndexOf(end_) == segments_.size()) segments_.push_back({nullptr, 0});
    Segment& last = segments_.back();
    if (last.bytes == nullptr) {
      last.bytes = pool_.Take();
      ++in_use_;
    }
    return last;
  }
  void GiveBack(Segment& segment) {
    pool_.Give(std::exchange(segment.bytes, nullptr));
    --in_use_;
    DropFinished();
  }
  // Those at the front that are empty, but the last one while it may still be written to.
  void DropFinished() {
    while (!segments_.empty() && segments_.front().bytes == nullptr && (first_ + 1) * kSegmentBytes <= end_) {
      segments_.pop_front();
      ++first_;
    }
  }

  SegmentPool& pool_;
  Ring<Segment> segments_;
  uint64_t first_ = 0;  // The number of the first one.
  uint64_t end_ = 0;    // The position behind the last byte.
  size_t in_use_ = 0;
};

}  // namespace mailport::sctp
