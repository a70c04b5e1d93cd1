// The chunks on their way by one path, in the order in which they left, so that those which are lost come first: whoever looks for losses stops at the first
// chunk that is not lost.
#pragma once

#include <cstdint>
#include <vector>

#include "../rack.h"
#include "../ring.h"
#include "chunk_set.h"

namespace mailport::sctp {

struct InFlight {
  struct Again {
    uint64_t number;
    SentTime sent;  // Another time in the chunk's record: it has left once more since.
  };

  ChunkSet once;      // Sent once. Numbers follow the order of sending.
  Ring<Again> again;  // Sent again. Those that are on their way no longer are dropped when their turn comes.
};

// Of each path, by its index. A path that carries nothing takes no memory.
class InFlightByPath {
 public:
  InFlight& operator[](size_t path) {
    if (path >= paths_.size()) paths_.resize(path + 1);
    return paths_[path];
  }
  template <typename Each>
  void ForEach(Each each) {
    for (InFlight& one : paths_) each(one);
  }

 private:
  std::vector<InFlight> paths_;
};

}  // namespace mailport::sctp
