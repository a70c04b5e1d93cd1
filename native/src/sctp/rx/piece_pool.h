// Memory of messages that were put together, for the next ones, shared by all associations of an engine. So fragments that come in order cost no allocation. Sizes are
// powers of two: what is taken is never twice as large as asked for, and is charged as ever.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <list>
#include <utility>
#include <vector>

namespace mailport::sctp {

class PiecePool {
 public:
  using Piece = std::vector<uint8_t>;

  // Makes room for `bytes` in all; what is in the piece stays, and is moved a bounded number of times, however little is added at a time.
  void Reserve(Piece& piece, size_t bytes) {
    if (bytes <= piece.capacity()) return;
    // Beyond that sizes are doubled anyway.
    Piece larger = Take(bytes <= kLeast / 2 ? std::max(bytes, 2 * piece.size()) : bytes);
    larger.insert(larger.end(), piece.begin(), piece.end());
    Give(std::exchange(piece, std::move(larger)));
  }
  // The memory of a piece that nobody needs any more.
  void Give(Piece piece) {
    const size_t capacity = piece.capacity();
    if (capacity < kLeast || capacity > kMost || !std::has_single_bit(capacity)) return;
    std::vector<Piece>& free = free_[ClassOf(capacity)];
    if (free.size() >= std::max(kFewest, kClassBytes / capacity)) return;
    piece.clear();
    free.push_back(std::move(piece));
  }
  // An empty piece at the end of a list.
  void AddTo(std::list<Piece>& pieces) {
    if (nodes_.empty()) {
      pieces.emplace_back();
    } else {
      pieces.splice(pieces.end(), nodes_, nodes_.begin());
    }
  }
  void TakeBack(std::list<Piece>& pieces) {
    for (Piece& piece : pieces) Give(std::exchange(piece, {}));
    if (nodes_.size() < kMostNodes) nodes_.splice(nodes_.end(), pieces);
    pieces.clear();
  }
  size_t memory_bytes() const {
    size_t bytes = 0;
    for (const std::vector<Piece>& free : free_)
      for (const Piece& piece : free) bytes += piece.capacity();
    return bytes;
  }
  static constexpr size_t kClassBytes = 256 * 1024;  // Kept of one size, or as many pieces as kFewest.

 private:
  static constexpr size_t kLeast = 1024;
  static constexpr size_t kMost = 64 * 1024;
  static constexpr size_t kFewest = 4;
  static constexpr size_t kMostNodes = 64;

  static size_t ClassOf(size_t capacity) { return static_cast<size_t>(std::bit_width(capacity) - std::bit_width(kLeast)); }
  Piece Take(size_t bytes) {
    Piece piece;
    if (bytes <= kLeast / 2 || bytes > kMost) {
      piece.reserve(bytes);
      return piece;
    }
    const size_t capacity = std::max(kLeast, std::bit_ceil(bytes));
    std::vector<Piece>& free = free_[ClassOf(capacity)];
    if (free.empty()) {
      piece.reserve(capacity);
      return piece;
    }
    piece = std::move(free.back());
    free.pop_back();
    return piece;
  }

  std::array<std::vector<Piece>, 7> free_;
  std::list<Piece> nodes_;
};

}  // namespace mailport::sctp
