// Writing records.
#include "record_batch.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "../sctp/packet/wire.h"

namespace mailport::addon {

namespace {

// The buffer gets the memory, where the environment allows that.
bool ToBuffer(napi_env env, framing::OwnedBytes& bytes, napi_value* buffer) {
  uint8_t* memory = bytes.memory.get();
  const auto release = [](napi_env, void*, void* memory) { std::free(memory); };
  const napi_status status = napi_create_external_buffer(env, bytes.length, memory + bytes.offset, release, memory, buffer);
  if (status == napi_ok) (void)bytes.memory.release();
  if (status != napi_no_external_buffers_allowed) return status == napi_ok;
  return napi_create_buffer_copy(env, bytes.length, memory + bytes.offset, nullptr, buffer) == napi_ok;
}

}  // namespace

RecordBatch::RecordBatch(Napi::Env env, Memory memory)
    : handover_bytes_(memory == Memory::kSlab ? kSlabHandoverBytes : kPagesHandoverBytes),
      pages_(env, memory == Memory::kSlab ? 1 : kPages, memory == Memory::kSlab ? kSlabBytes : kPageBytes) {
  auto meta = Napi::Uint32Array::New(env, kRecords * RecordWord::kWords);
  meta_ = meta.Data();
  meta_reference_ = Napi::Persistent(meta);
  large_reference_ = Napi::Persistent(Napi::Array::New(env));
}

uint32_t* RecordBatch::Add(sctp::SocketId socket, uint32_t kind, sctp::Bytes payload) {
  return count_ < kRecords && AddPayload(payload, next()) ? Commit(socket, kind) : nullptr;
}

uint32_t* RecordBatch::Add(sctp::SocketId socket, uint32_t kind, framing::OwnedBytes&& payload) {
  return count_ < kRecords && AddLarge(std::move(payload), next()) ? Commit(socket, kind) : nullptr;
}

bool RecordBatch::Add(const Words& words) {
  if (count_ == kRecords) return false;
  std::copy(words.begin(), words.end(), next());
  count_++;
  return true;
}

uint32_t* RecordBatch::AddInPlace(sctp::SocketId socket, uint32_t kind, sctp::Bytes payload) {
  if (count_ == kRecords) return nullptr;
  uint32_t* words = next();
  words[RecordWord::kLength] = static_cast<uint32_t>(payload.size());
  words[RecordWord::kWhere] = static_cast<uint32_t>(Where::kSlab);
  words[RecordWord::kOffset] = pages_.OffsetOf(payload.data());
  return Commit(socket, kind);
}

uint32_t* RecordBatch::Commit(sctp::SocketId socket, uint32_t kind) {
  uint32_t* words = next();
  words[RecordWord::kSocket] = socket;
  words[RecordWord::kKind] = kind;
  count_++;
  return words;
}

bool RecordBatch::AddPayload(sctp::Bytes data, uint32_t* words) {
  if (data.size() > kMaxSlabPayloadBytes) {
    if (!HasRoomForLarge(data.size())) return false;
    framing::OwnedBytes copy{std::unique_ptr<uint8_t, framing::FreeMemory>(static_cast<uint8_t*>(std::malloc(data.size()))), 0, data.size()};
    if (copy.memory == nullptr) std::abort();
    std::memcpy(copy.memory.get(), data.data(), data.size());
    return AddLarge(std::move(copy), words);
  }
  if (!pages_.MakeRoom(data.size())) return false;
  uint8_t* const copy = pages_.free().data();
  if (!data.empty()) std::memcpy(copy, data.data(), data.size());
  words[RecordWord::kLength] = static_cast<uint32_t>(data.size());
  words[RecordWord::kWhere] = static_cast<uint32_t>(Where::kSlab);
  words[RecordWord::kOffset] = pages_.OffsetOf(copy);
  pages_.Use(data.size());
  return true;
}

bool RecordBatch::AddLarge(framing::OwnedBytes&& payload, uint32_t* words) {
  if (!HasRoomForLarge(payload.length)) return false;
  words[RecordWord::kLength] = static_cast<uint32_t>(payload.length);
  words[RecordWord::kWhere] = static_cast<uint32_t>(Where::kLarge);
  words[RecordWord::kOffset] = static_cast<uint32_t>(large_.size());
  large_bytes_ += payload.length;
  large_.push_back(std::move(payload));
  return true;
}

void RecordBatch::DefineOn(Napi::Object stack) const {
  stack.DefineProperties({
      Napi::PropertyDescriptor::Value("meta", meta_reference_.Value(), napi_enumerable),
      Napi::PropertyDescriptor::Value("large", large_reference_.Value(), napi_enumerable),
  });
  pages_.DefineOn(stack);
}

// An environment that is being terminated refuses such calls at any moment, and a wrapper of Node-API would end the process then.
void RecordBatch::PublishLarge(Napi::Env env) {
  // What the last batch showed belongs to whoever kept it, not to us.
  if (large_.empty() && published_ == 0) return;
  Napi::Array array = large_reference_.Value();
  (void)array.Set("length", Napi::Number::New(env, 0));
  published_ = 0;
  for (framing::OwnedBytes& large : large_) {
    napi_value buffer = nullptr;
    if (!ToBuffer(env, large, &buffer) || napi_set_element(env, array, published_++, buffer) != napi_ok) break;
  }
  large_.clear();
}

void RecordBatch::Clear() {
  count_ = 0;
  pages_.Clear();
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
