// Where a batch has its payloads: one page, or several of the same size one behind the other. Offsets count through all of them. Pages are used for every batch, but
// for one that the reader of a batch keeps, which is replaced by another.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

namespace mailport::addon {

class BatchPages {
 public:
  BatchPages(Napi::Env env, uint32_t count, size_t page_bytes);
  BatchPages(const BatchPages&) = delete;
  BatchPages& operator=(const BatchPages&) = delete;

  // What is free of the present page.
  std::span<uint8_t> free() const { return {memory_ + used_, page_bytes_ - used_}; }
  // Goes on to the next page if less than so much is free of the present one. False: there is no next page, or `bytes` are more than a page has.
  bool MakeRoom(size_t bytes);
  // `bytes` of the free part are used.
  void Use(size_t bytes) { used_ += bytes; }
  // Of what lies in the present page.
  uint32_t OffsetOf(const uint8_t* payload) const { return static_cast<uint32_t>(present_ * page_bytes_ + static_cast<size_t>(payload - memory_)); }
  // Of all pages, with what was left free in those before the present one.
  size_t used() const { return present_ * page_bytes_ + used_; }
  size_t bytes() const { return pages_.size() * page_bytes_; }
  // A batch begins.
  void Clear();

  // Gives `stack` its property `slab`, or `pages` if there are several.
  void DefineOn(Napi::Object stack) const;
  // Whether the reader of the present batch may keep a page. If so, another one has taken its place.
  bool Keep(Napi::Env env, uint32_t index);

 private:
  struct Page {
    Napi::Reference<Napi::Uint8Array> reference;
    uint8_t* memory;
    size_t used;  // Of a page before the present one.
  };

  void Select(uint32_t index);

  const size_t page_bytes_;
  std::vector<Page> pages_;
  Napi::Reference<Napi::Array> array_;
  uint32_t present_ = 0;
  uint32_t kept_ = 0;  // A bit for each page that has been replaced in this batch.
  uint8_t* memory_ = nullptr;  // Of the present page.
  size_t used_ = 0;
};

static_assert(!std::is_copy_constructible_v<BatchPages>);

}  // namespace mailport::addon
