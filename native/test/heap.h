// Counts what `new` takes from the allocator, and what `delete` gives back. The address sanitizer has an allocator of its own: nothing is counted then.
#pragma once

#include <cstddef>
#include <cstdint>

namespace heap {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kCounts = false;
#else
constexpr bool kCounts = true;
#endif

// Allocations so far, and bytes that are in use now, the allocator's own eight for each block included.
uint64_t Allocations();
size_t BytesInUse();

}  // namespace heap
