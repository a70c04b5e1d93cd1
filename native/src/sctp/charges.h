// Bytes, overhead included, that peers make a socket, or all sockets of an engine, hold: of data that they send, or of data that they do not acknowledge. Half
// of the limit is for the associations that come first. Beyond that half memory is short: each association may hold a fair share of the half, and no more than
// a part of what is left, so that later associations always find some room. Nothing is taken beyond the limit but the packet that reaches it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace mailport::sctp {

class Charges {
 public:
  // `whole`: the charges of the engine, which count all of this too. Null: these are the engine's.
  Charges(Charges* whole, size_t limit) : whole_(whole), limit_(limit) {}
  Charges(const Charges&) = delete;
  Charges& operator=(const Charges&) = delete;

  void Change(size_t before, size_t now) {
    held_ += now - before;
    Look();
    if (whole_ != nullptr) whole_->Change(before, now);
  }
  void SetLimit(size_t limit) {
    limit_ = limit;
    Look();
  }
  void AddMember() {
    ++members_;
    if (whole_ != nullptr) whole_->AddMember();
  }
  void RemoveMember() {
    --members_;
    if (whole_ != nullptr) whole_->RemoveMember();
  }

  size_t held() const { return held_; }
  size_t limit() const { return limit_; }
  bool IsFull() const { return held_ >= limit_ || (whole_ != nullptr && whole_->IsFull()); }
  // How many bytes one association may hold at present; SIZE_MAX while memory is not short.
  size_t Share() const {
    if (held_ >= limit_) return 0;
    const size_t own = is_short_ ? std::min(limit_ / 2 / std::max<size_t>(members_, 1), (limit_ - held_) / kParts) : SIZE_MAX;
    return whole_ == nullptr ? own : std::min(own, whole_->Share());
  }
  // How often memory has ceased to be short, here or in any other part of the whole.
  uint64_t reliefs() const { return whole_ == nullptr ? reliefs_ : whole_->reliefs(); }

 private:
  static constexpr size_t kParts = 4;

  // Memory ceases to be short well below the point where it became short, so that associations are not told to and fro.
  void Look() {
    if (held_ > limit_ / 2) {
      is_short_ = true;
    } else if (is_short_ && held_ <= limit_ / 8 * 3) {
      is_short_ = false;
      ++(whole_ == nullptr ? reliefs_ : whole_->reliefs_);
    }
  }

  Charges* const whole_;
  size_t limit_;
  size_t held_ = 0;
  size_t members_ = 0;  // Associations.
  bool is_short_ = false;
  uint64_t reliefs_ = 0;
};

}  // namespace mailport::sctp
