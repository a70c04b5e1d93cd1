#include "segments.h"

#include <cstring>

namespace mailport::sctp {

SegmentPool::~SegmentPool() {
  for (uint8_t* segment : free_) delete[] segment;
}

void Segments::Copy(uint8_t* to, const uint8_t* from, size_t bytes) { std::memcpy(to, from, bytes); }

void Segments::Clear() {
  for (size_t index = 0; index < segments_.size(); ++index) {
    Segment& segment = segments_[index];
    segment.live = 0;
    if (segment.bytes == nullptr) continue;
    pool_.Give(std::exchange(segment.bytes, nullptr));
    --in_use_;
  }
  DropFinished();
}

void Segments::Trim() {
  if (in_use_ != 0) return;
  segments_.clear();
  segments_.Trim();
  first_ = end_ / kSegmentBytes;
}

}  // namespace mailport::sctp
