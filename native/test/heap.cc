// The allocator of the tests: malloc, with counters.
#include "heap.h"

#include <malloc.h>

#include <cstdlib>
#include <new>

namespace {

uint64_t allocations = 0;
size_t bytes_in_use = 0;

#if !defined(__SANITIZE_ADDRESS__)
// The header that malloc keeps before each block (glibc, 64 bits).
constexpr size_t kBlockHeaderBytes = 8;

void* Count(void* block) {
  if (block == nullptr) throw std::bad_alloc();
  ++allocations;
  bytes_in_use += malloc_usable_size(block) + kBlockHeaderBytes;
  return block;
}

void Free(void* block) {
  if (block == nullptr) return;
  bytes_in_use -= malloc_usable_size(block) + kBlockHeaderBytes;
  std::free(block);
}
#endif

}  // namespace

namespace heap {

uint64_t Allocations() { return allocations; }
size_t BytesInUse() { return bytes_in_use; }

}  // namespace heap

#if !defined(__SANITIZE_ADDRESS__)
void* operator new(size_t bytes) { return Count(std::malloc(bytes)); }
void* operator new(size_t bytes, std::align_val_t alignment) { return Count(std::aligned_alloc(static_cast<size_t>(alignment), bytes)); }
void operator delete(void* block) noexcept { Free(block); }
void operator delete(void* block, size_t) noexcept { Free(block); }
void operator delete(void* block, std::align_val_t) noexcept { Free(block); }
void operator delete(void* block, size_t, std::align_val_t) noexcept { Free(block); }
#endif
