// Writing records.
#include "record_batch.h"

#include <algorithm>
#include <cstring>

#include "../sctp/packet/wire.h"

namespace mailport::addon {

RecordBatch::RecordBatch(Napi::Env env) {
  auto meta = Napi::Uint32Array::New(env, kRecords * RecordWord::kWords);
  auto slab = Napi::Uint8Array::New(env, kSlabBytes);
  meta_ = meta.Data();
  slab_ = slab.Data();
  meta_reference_ = Napi::Persistent(meta);
  slab_reference_ = Napi::Persistent(slab);
  large_reference_ = Napi::Persistent(Napi::Array::New(env));
}

uint32_t* RecordBatch::Add(sctp::SocketId socket, uint32_t kind, sctp::Bytes payload) {
  if (count_ == kRecords) return nullptr;
  uint32_t* words = meta_ + count_ * RecordWord::kWords;
  if (!AddPayload(payload, words)) return nullptr;
  words[RecordWord::kSocket] = socket;
  words[RecordWord::kKind] = kind;
  count_++;
  return words;
}

bool RecordBatch::Add(const Words& words) {
  if (count_ == kRecords) return false;
  std::copy(words.begin(), words.end(), meta_ + count_ * RecordWord::kWords);
  count_++;
  return true;
}

bool RecordBatch::AddPayload(sctp::Bytes data, uint32_t* words) {
  words[RecordWord::kLength] = static_cast<uint32_t>(data.size());
  if (data.size() > kMaxSlabPayloadBytes) {
    if (count_ > 0 && large_bytes_ + data.size() > kMaxLargeBytes) return false;
    auto bytes = std::make_unique_for_overwrite<uint8_t[]>(data.size());
    std::memcpy(bytes.get(), data.data(), data.size());
    words[RecordWord::kWhere] = static_cast<uint32_t>(Where::kLarge);
    words[RecordWord::kOffset] = static_cast<uint32_t>(large_.size());
    large_.push_back({std::move(bytes), data.size()});
    large_bytes_ += data.size();
    return true;
  }
  if (kSlabBytes - slab_used_ < data.size()) return false;
  if (!data.empty()) std::memcpy(slab_ + slab_used_, data.data(), data.size());
  words[RecordWord::kWhere] = static_cast<uint32_t>(Where::kSlab);
  words[RecordWord::kOffset] = static_cast<uint32_t>(slab_used_);
  slab_used_ += data.size();
  return true;
}

void RecordBatch::DefineOn(Napi::Object stack) const {
  stack.DefineProperties({
      Napi::PropertyDescriptor::Value("meta", meta_reference_.Value(), napi_enumerable),
      Napi::PropertyDescriptor::Value("slab", slab_reference_.Value(), napi_enumerable),
      Napi::PropertyDescriptor::Value("large", large_reference_.Value(), napi_enumerable),
  });
}

void RecordBatch::PublishLarge(Napi::Env env) {
  // What the last batch showed belongs to whoever kept it, not to us.
  if (large_.empty() && published_ == 0) return;
  Napi::Array array = large_reference_.Value();
  (void)array.Set("length", Napi::Number::New(env, 0));
  published_ = 0;
  for (Large& large : large_) {
    uint8_t* bytes = large.bytes.release();
    const auto buffer =
        Napi::Buffer<uint8_t>::NewOrCopy(env, bytes, large.length, [](Napi::BasicEnv, uint8_t* memory) { delete[] memory; });
    (void)array.Set(published_++, buffer);
  }
  large_.clear();
}

void RecordBatch::Clear() {
  count_ = 0;
  slab_used_ = 0;
  large_bytes_ = 0;
  large_.clear();
}

void WriteAddress(const sctp::IpAddress& address, uint16_t port, uint32_t* words) {
  words[RecordWord::kPort] = port;
  words[RecordWord::kFamily] = address.family;
  words[RecordWord::kScopeId] = address.scope_id;
  const size_t count = address.family == 6 ? 4 : 1;
  for (size_t i = 0; i < count; i++) words[RecordWord::kAddress + i] = sctp::Load32(address.bytes.data() + 4 * i);
}

}  // namespace mailport::addon
