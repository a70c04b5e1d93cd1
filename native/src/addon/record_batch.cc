// Writing records.
#include "record_batch.h"

#include <cstring>

#include "../sctp/packet/wire.h"
#include "record_words.h"

namespace mailport::addon {

namespace {

// `words` are those of the record, or of its second address.
void WriteAddress(const sctp::IpAddress& address, uint16_t port, uint32_t* words) {
  words[RecordWord::kPort] = port;
  words[RecordWord::kFamily] = address.family;
  words[RecordWord::kScopeId] = address.scope_id;
  const size_t count = address.family == 6 ? 4 : 1;
  for (size_t i = 0; i < count; i++) words[RecordWord::kAddress + i] = sctp::Load32(address.bytes.data() + 4 * i);
}

void WriteMessage(const sctp::Item& item, uint32_t* words) {
  words[RecordWord::kStream] = item.stream;
  words[RecordWord::kSsn] = item.ssn;
  words[RecordWord::kFlags] = item.flags;
  words[RecordWord::kPpid] = item.ppid;
  words[RecordWord::kContext] = item.context;
  words[RecordWord::kTimeToLive] = item.time_to_live;
  words[RecordWord::kTsn] = item.tsn;
  words[RecordWord::kCumTsn] = item.cum_tsn;
}

void WriteDetails(const sctp::Item& item, uint32_t* words) {
  switch (item.kind) {
    case sctp::ItemKind::kData:
      WriteMessage(item, words);
      break;
    case sctp::ItemKind::kSendFailed:
      WriteMessage(item, words);
      words[RecordWord::kFailedState] = item.state;
      words[RecordWord::kFailedError] = item.error;
      break;
    case sctp::ItemKind::kPeerAddrChange:
      words[RecordWord::kState] = item.state;
      words[RecordWord::kError] = item.error;
      WriteAddress(item.changed, item.changed_port, words + RecordWord::kToChanged);
      break;
    case sctp::ItemKind::kAdaptation:
      words[RecordWord::kState] = item.value;
      break;
    case sctp::ItemKind::kAssocReset:
      words[RecordWord::kState] = item.state;
      words[RecordWord::kLocalTsn] = item.tsn;
      words[RecordWord::kRemoteTsn] = item.cum_tsn;
      break;
    default:
      words[RecordWord::kState] = item.state;
      words[RecordWord::kError] = item.error;
      words[RecordWord::kOutboundStreams] = item.outbound_streams;
      words[RecordWord::kInboundStreams] = item.inbound_streams;
  }
}

}  // namespace

RecordBatch::RecordBatch(Napi::Env env) {
  auto meta = Napi::Uint32Array::New(env, kRecords * RecordWord::kWords);
  auto slab = Napi::Uint8Array::New(env, kSlabBytes);
  meta_ = meta.Data();
  slab_ = slab.Data();
  meta_reference_ = Napi::Persistent(meta);
  slab_reference_ = Napi::Persistent(slab);
  large_reference_ = Napi::Persistent(Napi::Array::New(env));
}

bool RecordBatch::Add(sctp::SocketId socket, const sctp::Item& item) {
  if (count_ == kRecords) return false;
  uint32_t* words = meta_ + count_ * RecordWord::kWords;
  if (!AddPayload(item.data, words)) return false;
  words[RecordWord::kSocket] = socket;
  words[RecordWord::kKind] = static_cast<uint32_t>(item.kind);
  words[RecordWord::kAssocId] = item.assoc_id;
  WriteAddress(item.peer, item.peer_port, words);
  WriteDetails(item, words);
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

}  // namespace mailport::addon
