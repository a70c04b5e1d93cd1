// Bytes of a message that is being put together. Each byte is copied once when it comes and once when its message is whole, in whichever order fragments come:
// pieces that meet are chained, not copied. The calls that may copy return how many bytes they copied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <vector>

#include "../types.h"
#include "piece_pool.h"

namespace mailport::sctp {

class Pieces {
 public:
  // The overhead of a piece: a node of the list, and an allocation.
  static constexpr size_t kOverheadBytes = 80;

  size_t bytes() const { return bytes_; }
  size_t charge() const { return bytes_ + pieces_.size() * kOverheadBytes; }

  // `pool`: where memory comes from and goes to; null: from the allocator.
  size_t Append(Bytes payload, PiecePool* pool = nullptr);
  // Takes all pieces of `tail` over.
  void Join(Pieces& tail);
  // Takes them over, and puts small pieces among them together. `this` is compact already.
  size_t JoinCompact(Pieces& tail);
  size_t Compact() { return Compact(pieces_.begin()); }
  // Moves all bytes out, in one piece.
  size_t Take(std::vector<uint8_t>* whole, PiecePool* pool = nullptr);

 private:
  using List = std::list<std::vector<uint8_t>>;

  size_t Compact(List::iterator at);

  List pieces_;
  size_t bytes_ = 0;
};

}  // namespace mailport::sctp
