// The batch that one call into JavaScript hands over: records of 32-bit words in `meta`, payloads one after the other in `slab`, and payloads that are too
// large for the slab as buffers of their own. The layout is in record_words.h. Memory is made once and used for every batch.
#pragma once

#include <napi.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include "../sctp/types.h"
#include "record_words.h"

namespace mailport::addon {

class RecordBatch {
 public:
  explicit RecordBatch(Napi::Env env);
  RecordBatch(const RecordBatch&) = delete;
  RecordBatch& operator=(const RecordBatch&) = delete;

  // All words of a record without payload.
  using Words = std::array<uint32_t, RecordWord::kWords>;

  // Adds a record and copies its payload. The words of socket, kind and payload are written; the caller writes the others. Null: there is no room
  // before the next Clear. An empty batch takes any record.
  uint32_t* Add(sctp::SocketId socket, uint32_t kind, sctp::Bytes payload);
  // False: there is no room.
  bool Add(const Words& words);
  size_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  // Long enough for the call to cost next to nothing, short enough to stay in the processor's cache, with room left for one more packet.
  bool WantsHandover() const { return count_ >= kHandoverRecords || slab_used_ + large_bytes_ >= kHandoverBytes; }
  // Gives `stack` its properties meta, slab and large.
  void DefineOn(Napi::Object stack) const;
  // Makes `large` hold this batch's large payloads. Needs an entered context.
  void PublishLarge(Napi::Env env);
  // The records have been consumed.
  void Clear();

 private:
  static constexpr size_t kRecords = 4096;
  static constexpr size_t kHandoverRecords = 1024;
  static constexpr size_t kSlabBytes = 1024 * 1024;
  static constexpr size_t kHandoverBytes = 256 * 1024;
  // Above this a payload gets memory of its own, so that the slab is always large enough for one more.
  static constexpr size_t kMaxSlabPayloadBytes = 64 * 1024;
  // Such memory in one batch. What goes beyond waits for the next one, where it is counted, unless it is alone.
  static constexpr size_t kMaxLargeBytes = 1024 * 1024;

  struct Large {
    std::unique_ptr<uint8_t[]> bytes;
    size_t length;
  };

  bool AddPayload(sctp::Bytes data, uint32_t* words);

  Napi::Reference<Napi::Uint32Array> meta_reference_;
  Napi::Reference<Napi::Uint8Array> slab_reference_;
  Napi::Reference<Napi::Array> large_reference_;
  uint32_t* meta_;
  uint8_t* slab_;
  std::vector<Large> large_;
  size_t large_bytes_ = 0;
  uint32_t published_ = 0;  // Elements of `large` that JavaScript sees.
  size_t count_ = 0;
  size_t slab_used_ = 0;
};

static_assert(!std::is_copy_constructible_v<RecordBatch>);

// Writes the address words of a record. `words` may also begin where its second address does.
void WriteAddress(const sctp::IpAddress& address, uint16_t port, uint32_t* words);

}  // namespace mailport::addon
