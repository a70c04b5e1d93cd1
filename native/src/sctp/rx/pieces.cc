#include "pieces.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mailport::sctp {

namespace {

// Consecutive fragments share a piece up to this size. A larger piece would be copied when it grows, or be allocated in vain.
constexpr size_t kPieceBytes = 16 * 1024;

}  // namespace

size_t Pieces::Append(Bytes payload) {
  bytes_ += payload.size();
  if (pieces_.empty()) {
    pieces_.emplace_back(payload.begin(), payload.end());
    return payload.size();
  }
  std::vector<uint8_t>& piece = pieces_.back();
  size_t copied = payload.size();
  if (piece.size() + payload.size() <= std::max(piece.capacity(), kPieceBytes)) {
    if (piece.size() + payload.size() > piece.capacity()) copied += piece.size();
    piece.insert(piece.end(), payload.begin(), payload.end());
  } else {
    std::vector<uint8_t>& next = pieces_.emplace_back();
    next.reserve(std::max(kPieceBytes, payload.size()));
    next.assign(payload.begin(), payload.end());
  }
  return copied;
}

void Pieces::Join(Pieces& tail) {
  pieces_.splice(pieces_.end(), tail.pieces_);
  bytes_ += std::exchange(tail.bytes_, 0);
}

size_t Pieces::JoinCompact(Pieces& tail) {
  const auto last = std::prev(pieces_.end());
  Join(tail);
  return Compact(last);
}

// Puts small pieces together, from `at` on.
size_t Pieces::Compact(List::iterator at) {
  size_t copied = 0;
  for (auto next = std::next(at); next != pieces_.end();) {
    if (at->size() + next->size() > kPieceBytes) {
      at = next++;
      continue;
    }
    at->reserve(kPieceBytes);
    at->insert(at->end(), next->begin(), next->end());
    copied += next->size();
    next = pieces_.erase(next);
  }
  return copied;
}

size_t Pieces::Take(std::vector<uint8_t>* whole) {
  if (pieces_.size() == 1) {
    *whole = std::move(pieces_.front());
    return 0;
  }
  whole->reserve(bytes_);
  for (const std::vector<uint8_t>& piece : pieces_) whole->insert(whole->end(), piece.begin(), piece.end());
  return bytes_;
}

}  // namespace mailport::sctp
