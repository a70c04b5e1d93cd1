// A part that is there only while it is needed: Make makes it, GiveBack gives its memory back. Whoever only reads sees an empty one where there is none.
#pragma once

#include <memory>

namespace mailport::sctp {

template <typename T>
class Lazily {
 public:
  Lazily() = default;
  Lazily(Lazily&&) = default;
  Lazily& operator=(Lazily&&) = default;
  Lazily(const Lazily& other) : part_(other.exists() ? std::make_unique<T>(*other) : nullptr) {}
  Lazily& operator=(const Lazily& other) {
    if (this != &other) part_ = other.exists() ? std::make_unique<T>(*other) : nullptr;
    return *this;
  }

  bool exists() const { return part_ != nullptr; }
  const T& operator*() const { return part_ != nullptr ? *part_ : kNone; }
  const T* operator->() const { return &**this; }
  T& Make() {
    if (part_ == nullptr) [[unlikely]]
      part_ = std::make_unique<T>();
    return *part_;
  }
  void GiveBack() { part_.reset(); }

 private:
  static inline const T kNone{};

  std::unique_ptr<T> part_;
};

}  // namespace mailport::sctp
