// The payload that an association has accepted and its peer has not yet acknowledged. Messages enter in order, and may leave in any order. Their bytes lie in
// segments of one size, and an empty segment goes back to the engine's pool. So a message costs no allocation, and a message that stays long keeps only the
// segments it lies in.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "../ring.h"
#include "../types.h"

namespace mailport::sctp {

// Unused segments, shared by all associations of an engine.
class SegmentPool {
 public:
  // A peer that leaves one byte unacknowledged makes us keep this much.
  static constexpr size_t kSegmentBytes = 2048;

  SegmentPool() = default;
  ~SegmentPool();
  SegmentPool(const SegmentPool&) = delete;
  SegmentPool& operator=(const SegmentPool&) = delete;

  // The caller gives the segment back with Give.
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
  static constexpr size_t kMaxFree = 1024;  // 2 MiB: further segments go back to the allocator.

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
  // Drops these bytes. Each byte may be dropped only once.
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
  // Drops all bytes.
  void Clear();
  // Gives the memory of the segment table back if no byte is left.
  void Trim();
  size_t memory_bytes() const { return in_use_ * SegmentPool::kSegmentBytes; }
  size_t table_bytes() const { return segments_.memory_bytes(); }

 private:
  struct Segment {
    uint8_t* bytes;  // Null: the segment has gone back to the pool.
    uint32_t live;   // Bytes not dropped yet.
  };
  static constexpr size_t kSegmentBytes = SegmentPool::kSegmentBytes;

  // Out of line: a compiler that sees the bound of one segment turns the copy into a loop that is slower than memcpy.
  static void Copy(uint8_t* to, const uint8_t* from, size_t bytes);
  static size_t OffsetOf(uint64_t position) { return static_cast<size_t>(position % kSegmentBytes); }
  // An index is valid until segments are dropped at the front: that moves the others.
  size_t IndexOf(uint64_t position) const { return static_cast<size_t>(position / kSegmentBytes - first_); }
  // The segment that the next byte goes into.
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
  // Drops empty segments at the front, except the last one while bytes may still be added to it.
  void DropFinished() {
    while (!segments_.empty() && segments_.front().bytes == nullptr && (first_ + 1) * kSegmentBytes <= end_) {
      segments_.pop_front();
      ++first_;
    }
  }

  SegmentPool& pool_;
  Ring<Segment> segments_;
  uint64_t first_ = 0;  // The number of the first segment.
  uint64_t end_ = 0;    // The position behind the last byte.
  size_t in_use_ = 0;
};

}  // namespace mailport::sctp
