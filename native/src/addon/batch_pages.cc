#include "batch_pages.h"

namespace mailport::addon {

BatchPages::BatchPages(Napi::Env env, uint32_t count, size_t page_bytes) : page_bytes_(page_bytes) {
  auto array = Napi::Array::New(env, count);
  for (uint32_t index = 0; index < count; index++) {
    auto page = Napi::Uint8Array::New(env, page_bytes);
    pages_.push_back({Napi::Persistent(page), page.Data(), 0});
    (void)array.Set(index, page);
  }
  array_ = Napi::Persistent(array);
  Select(0);
}

bool BatchPages::MakeRoom(size_t bytes) {
  if (free().size() >= bytes) return true;
  if (bytes > page_bytes_ || present_ + 1 == pages_.size()) return false;
  pages_[present_].used = used_;
  Select(present_ + 1);
  return true;
}

void BatchPages::Clear() {
  kept_ = 0;
  Select(0);
}

void BatchPages::DefineOn(Napi::Object stack) const {
  const bool is_one = pages_.size() == 1;
  const Napi::Value value = is_one ? Napi::Value(pages_.front().reference.Value()) : Napi::Value(array_.Value());
  stack.DefineProperty(Napi::PropertyDescriptor::Value(is_one ? "slab" : "pages", value, napi_enumerable));
}

// A message that is kept for long pins its page. So a page that is mostly empty is not given away.
bool BatchPages::Keep(Napi::Env env, uint32_t index) {
  if (pages_.size() == 1 || index > present_ || (kept_ >> index & 1) != 0) return false;
  const size_t used = index == present_ ? used_ : pages_[index].used;
  if (used * 2 < page_bytes_) return false;
  // Its content is written before anybody reads it, so that it need not be cleared.
  void* memory = nullptr;
  napi_value buffer = nullptr;
  if (napi_create_buffer(env, page_bytes_, &memory, &buffer) != napi_ok) return false;
  if (napi_set_element(env, array_.Value(), index, buffer) != napi_ok) return false;
  Page& page = pages_[index];
  page.reference = Napi::Persistent(Napi::Uint8Array(env, buffer));
  page.memory = static_cast<uint8_t*>(memory);
  if (index == present_) memory_ = page.memory;
  kept_ |= 1u << index;
  return true;
}

void BatchPages::Select(uint32_t index) {
  present_ = index;
  memory_ = pages_[index].memory;
  used_ = 0;
}

}  // namespace mailport::addon
