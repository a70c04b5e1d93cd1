#include "segments.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace mailport::sctp {

std::unique_ptr<uint8_t[]> SegmentPool::Take() {
  if (free_.empty()) return std::make_unique_for_overwrite<uint8_t[]>(kSegmentBytes);
  std::unique_ptr<uint8_t[]> segment = std::move(free_.back());
  free_.pop_back();
  return segment;
}

void SegmentPool::Give(std::unique_ptr<uint8_t[]> segment) {
  if (free_.size() < kMaxFree) free_.push_back(std::move(segment));
}

uint64_t Segments::Append(Bytes data) {
  const uint64_t position = end_;
  while (!data.empty()) {
    const size_t offset = static_cast<size_t>(end_ % kSegmentBytes);
    if (end_ / kSegmentBytes == first_ + segments_.size()) segments_.push_back({nullptr, 0});
    Segment& segment = segments_.back();
    if (segment.bytes == nullptr) {
      segment.bytes = pool_.Take().release();
      ++in_use_;
    }
    const size_t part = std::min(data.size(), kSegmentBytes - offset);
    std::memcpy(segment.bytes + offset, data.data(), part);
    segment.live += part;
    end_ += part;
    data = data.subspan(part);
  }
  return position;
}

template <typename Each>
void Segments::Walk(uint64_t position, size_t length, Each each) const {
  while (length != 0) {
    const size_t offset = static_cast<size_t>(position % kSegmentBytes);
    const size_t part = std::min(length, kSegmentBytes - offset);
    each(static_cast<size_t>(position / kSegmentBytes - first_), offset, part);
    position += part;
    length -= part;
  }
}

void Segments::Read(uint64_t position, size_t length, uint8_t* out) const {
  Walk(position, length, [&](size_t index, size_t offset, size_t part) {
    std::memcpy(out, segments_[index].bytes + offset, part);
    out += part;
  });
}

void Segments::Release(uint64_t position, size_t length) {
  Walk(position, length, [&](size_t index, size_t, size_t part) {
    Segment& segment = segments_[index];
    segment.live -= part;
    if (segment.live == 0) GiveBack(segment);
  });
  DropFinished();
}

void Segments::GiveBack(Segment& segment) {
  pool_.Give(std::unique_ptr<uint8_t[]>(std::exchange(segment.bytes, nullptr)));
  --in_use_;
}

// The last segment may still be written to.
void Segments::DropFinished() {
  while (!segments_.empty() && segments_.front().bytes == nullptr && (first_ + 1) * kSegmentBytes <= end_) {
    segments_.pop_front();
    ++first_;
  }
}

void Segments::Clear() {
  for (size_t index = 0; index < segments_.size(); ++index) {
    Segment& segment = segments_[index];
    if (segment.bytes != nullptr) GiveBack(segment);
    segment.live = 0;
  }
  DropFinished();
}

}  // namespace mailport::sctp
