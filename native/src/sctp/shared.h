// A value that many have in common, as the options of a socket's associations are: one copy for all until somebody changes his. The count is not atomic: an engine and
// all that is in it belong to one thread.
#pragma once

#include <cstdint>
#include <utility>

namespace mailport::sctp {

template <typename T>
class Shared {
 public:
  Shared() : block_(new Block) {}
  explicit Shared(T value) : block_(new Block{std::move(value)}) {}
  Shared(const Shared& other) : block_(other.block_) { ++block_->owners; }
  Shared& operator=(const Shared& other) {
    ++other.block_->owners;
    Leave();
    block_ = other.block_;
    return *this;
  }
  ~Shared() { Leave(); }

  const T& operator*() const { return block_->value; }
  const T* operator->() const { return &block_->value; }
  // To be changed for this owner alone.
  T& Edit() {
    if (block_->owners != 1) {
      Block* const own = new Block{block_->value};
      Leave();
      block_ = own;
    }
    return block_->value;
  }
  // If both say the same, they have it in common again.
  void Rejoin(const Shared& other) {
    if (*this == other) *this = other;
  }
  bool operator==(const Shared& other) const { return block_ == other.block_ || block_->value == other.block_->value; }

 private:
  struct Block {
    T value{};
    uint32_t owners = 1;
  };
  void Leave() {
    if (--block_->owners == 0) delete block_;
  }

  Block* block_;
};

}  // namespace mailport::sctp
