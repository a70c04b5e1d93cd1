#include "pieces.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mailport::sctp {

namespace {

// Consecutive fragments share a piece up to this size. A larger piece would be copied when it grows, or be allocated in vain.
constexpr size_t kPieceBytes = 16 * 1024;

}  // namespace

size_t Pieces::Append(Bytes payload, PiecePool* pool) {
  bytes_ += payload.size();
  const auto reserve = [pool](std::vector<uint8_t>& piece, size_t bytes) { pool == nullptr ? piece.reserve(bytes) : pool->Reserve(piece, bytes); };
  const auto add = [this, pool]() -> std::vector<uint8_t>& {
    pool == nullptr ? void(pieces_.emplace_back()) : pool->AddTo(pieces_);
    return pieces_.back();
  };
  if (pieces_.empty()) {
    std::vector<uint8_t>& first = add();
    reserve(first, payload.size());
    first.assign(payload.begin(), payload.end());
    return payload.size();
  }
  std::vector<uint8_t>& piece = pieces_.back();
  size_t copied = payload.size();
  const size_t together = piece.size() + payload.size();
  if (together <= std::max(piece.capacity(), kPieceBytes)) {
    if (together > piece.capacity()) {
      copied += piece.size();
      // Without a pool, the vector grows in its own way.
      if (pool != nullptr) pool->Reserve(piece, together);
    }
    piece.insert(piece.end(), payload.begin(), payload.end());
  } else {
    std::vector<uint8_t>& next = add();
    reserve(next, std::max(kPieceBytes, payload.size()));
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

size_t Pieces::Take(std::vector<uint8_t>* whole, PiecePool* pool) {
  size_t copied = 0;
  if (pieces_.size() == 1) {
    *whole = std::exchange(pieces_.front(), {});
  } else {
    pool == nullptr ? whole->reserve(bytes_) : pool->Reserve(*whole, bytes_);
    for (const std::vector<uint8_t>& piece : pieces_) whole->insert(whole->end(), piece.begin(), piece.end());
    copied = bytes_;
  }
  if (pool != nullptr) pool->TakeBack(pieces_);
  return copied;
}

}  // namespace mailport::sctp
