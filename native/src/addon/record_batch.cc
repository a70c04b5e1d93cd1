// Writing records.
#include "record_batch.h"

#include <cstring>

#include "../sctp/packet/wire.h"

namespace mailport::addon {

namespace {

// Word offsets: `record` in native/contract.
enum Word : size_t {
  kSocket = 0,
  kKind = 1,
  kAssocId = 2,
  kFamily = 3,
  kAddress = 4,
  kScopeId = 8,
  kPort = 9,
  kOffset = 10,
  kLength = 11,
  kWhere = 12,
  kStream = 13,
  kSsn = 14,
  kFlags = 15,
  kPpid = 16,
  kContext = 17,
  kTimeToLive = 18,
  kTsn = 19,
  kCumTsn = 20,
  kState = 13,
  kError = 14,
  kOutboundStreams = 15,
  kInboundStreams = 16,
  kFailedState = 21,
  kFailedError = 22,
  kLocalTsn = 15,
  kRemoteTsn = 16,
  kToChanged = 12,
};

enum Where : uint32_t { kInSlab = 0, kInLarge = 1 };

// `words` are those of the record, or of its second address.
void WriteAddress(const sctp::IpAddress& address, uint16_t port, uint32_t* words) {
  words[kPort] = port;
  words[kFamily] = address.family;
  words[kScopeId] = address.scope_id;
  const size_t count = address.family == 6 ? 4 : 1;
  for (size_t i = 0; i < count; i++) words[kAddress + i] = sctp::Load32(address.bytes.data() + 4 * i);
}

void WriteMessage(const sctp::Item& item, uint32_t* words) {
  words[kStream] = item.stream;
  words[kSsn] = item.ssn;
  words[kFlags] = item.flags;
  words[kPpid] = item.ppid;
  words[kContext] = item.context;
  words[kTimeToLive] = item.time_to_live;
  words[kTsn] = item.tsn;
  words[kCumTsn] = item.cum_tsn;
}

void WriteDetails(const sctp::Item& item, uint32_t* words) {
  switch (item.kind) {
    case sctp::ItemKind::kData:
      WriteMessage(item, words);
      break;
    case sctp::ItemKind::kSendFailed:
      WriteMessage(item, words);
      words[kFailedState] = item.state;
      words[kFailedError] = item.error;
      break;
    case sctp::ItemKind::kPeerAddrChange:
      words[kState] = item.state;
      words[kError] = item.error;
      WriteAddress(item.changed, item.changed_port, words + kToChanged);
      break;
    case sctp::ItemKind::kAdaptation:
      words[kState] = item.value;
      break;
    case sctp::ItemKind::kAssocReset:
      words[kState] = item.state;
      words[kLocalTsn] = item.tsn;
      words[kRemoteTsn] = item.cum_tsn;
      break;
    default:
      words[kState] = item.state;
      words[kError] = item.error;
      words[kOutboundStreams] = item.outbound_streams;
      words[kInboundStreams] = item.inbound_streams;
  }
}

}  // namespace

RecordBatch::RecordBatch(Napi::Env env) {
  auto meta = Napi::Uint32Array::New(env, kRecords * kRecordWords);
  auto slab = Napi::Uint8Array::New(env, kSlabBytes);
  meta_ = meta.Data();
  slab_ = slab.Data();
  meta_reference_ = Napi::Persistent(meta);
  slab_reference_ = Napi::Persistent(slab);
  large_reference_ = Napi::Persistent(Napi::Array::New(env));
}

bool RecordBatch::Add(sctp::SocketId socket, const sctp::Item& item) {
  if (count_ == kRecords) return false;
  uint32_t* words = meta_ + count_ * kRecordWords;
  if (!AddPayload(item.data, words)) return false;
  words[kSocket] = socket;
  words[kKind] = static_cast<uint32_t>(item.kind);
  words[kAssocId] = item.assoc_id;
  WriteAddress(item.peer, item.peer_port, words);
  WriteDetails(item, words);
  count_++;
  return true;
}

bool RecordBatch::AddPayload(sctp::Bytes data, uint32_t* words) {
  words[kLength] = static_cast<uint32_t>(data.size());
  if (data.size() > kMaxSlabPayloadBytes) {
    if (count_ > 0 && large_bytes_ + data.size() > kMaxLargeBytes) return false;
    auto bytes = std::make_unique_for_overwrite<uint8_t[]>(data.size());
    std::memcpy(bytes.get(), data.data(), data.size());
    words[kWhere] = kInLarge;
    words[kOffset] = static_cast<uint32_t>(large_.size());
    large_.push_back({std::move(bytes), data.size()});
    large_bytes_ += data.size();
    return true;
  }
  if (kSlabBytes - slab_used_ < data.size()) return false;
  if (!data.empty()) std::memcpy(slab_ + slab_used_, data.data(), data.size());
  words[kWhere] = kInSlab;
  words[kOffset] = static_cast<uint32_t>(slab_used_);
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
