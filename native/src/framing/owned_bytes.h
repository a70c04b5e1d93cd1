// Bytes in memory of their own, of malloc's, that move from hand to hand without being copied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace mailport::framing {

struct FreeMemory {
  void operator()(uint8_t* memory) const { std::free(memory); }
};

struct OwnedBytes {
  std::unique_ptr<uint8_t, FreeMemory> memory;
  size_t offset = 0;  // Of the bytes in the memory.
  size_t length = 0;
};

}  // namespace mailport::framing
