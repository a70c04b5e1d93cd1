// Which of many descriptors may be read or written, told once for each change: the loop polls one descriptor, whatever their number. A descriptor that is closed
// leaves by itself.
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include "unique_fd.h"

namespace mailport::io {

class Readiness {
 public:
  struct Event {
    uint32_t id;
    bool readable;  // Or at its end, or with an error.
    bool writable;  // Or with an error.
    bool ended;     // The peer has ended, or an error has ended the connection: a read that gives less than it could is not the last one.
  };
  static constexpr size_t kEvents = 256;

  Readiness() = default;
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  // 0 or a positive errno, as the other functions.
  int Open();
  // To be polled for reading.
  int fd() const { return fd_.get(); }
  // From now on the descriptor is told about, beginning with what it is ready for at present. Again, to be told about writing too.
  int Watch(int fd, uint32_t id, bool writing, bool again);
  // At most kEvents. What there is beyond is told by the next call. The memory is the caller's.
  size_t Collect(std::span<Event, kEvents> out);

 private:
  UniqueFd fd_;
};

static_assert(!std::is_copy_constructible_v<Readiness>);

}  // namespace mailport::io
