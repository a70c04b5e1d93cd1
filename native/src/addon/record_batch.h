// The batch that one call into JavaScript hands over: records of 32-bit words in `meta`, payloads one after the other in `slab` or in `pages`, and payloads that are
// too large for these as buffers of their own. The layout is in record_words.h. Memory is made once and used for every batch, but for pages that are kept.
#pragma once

#include <napi.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "../framing/owned_bytes.h"
#include "../sctp/types.h"
#include "batch_pages.h"
#include "record_words.h"

namespace mailport::addon {

class RecordBatch {
 public:
  // Whether payloads are always copied out of the batch, or may be kept where they are.
  enum class Memory { kSlab, kPages };

  RecordBatch(Napi::Env env, Memory memory);
  RecordBatch(const RecordBatch&) = delete;
  RecordBatch& operator=(const RecordBatch&) = delete;

  // All words of a record without payload.
  using Words = std::array<uint32_t, RecordWord::kWords>;

  // Adds a record and copies its payload. The words of socket, kind and payload are written; the caller writes the others. Null: there is no room
  // before the next Clear. An empty batch takes any record.
  uint32_t* Add(sctp::SocketId socket, uint32_t kind, sctp::Bytes payload);
  // The same of a payload that gives away its memory; only if the answer is not null.
  uint32_t* Add(sctp::SocketId socket, uint32_t kind, framing::OwnedBytes&& payload);
  // False: there is no room.
  bool Add(const Words& words);
  // Whether a payload that gives away its memory is taken.
  bool HasRoomForLarge(size_t bytes) const {
    return count_ < kRecords && (count_ == 0 || large_bytes_ + bytes <= kMaxLargeBytes);
  }
  size_t records_left() const { return kRecords - count_; }
  size_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  // Long enough for the call to cost next to nothing, short enough to stay in the processor's cache, with room left for one more packet.
  bool WantsHandover() const { return count_ >= kHandoverRecords || pages_.used() + large_bytes_ >= handover_bytes_; }
  // For payloads that the kernel writes into the memory of the batch itself: where that is free, a record whose payload has been written there, and how much of it
  // has been used up so far, in bytes from the beginning of the free part. AddInPlace answers null if there is no room for the record.
  std::span<uint8_t> free_memory() const { return pages_.free(); }
  uint32_t* AddInPlace(sctp::SocketId socket, uint32_t kind, sctp::Bytes payload);
  void UseMemory(size_t bytes) { pages_.Use(bytes); }
  // Has at least so much free in one piece. False: that is more than there is in this batch.
  bool MakeRoom(size_t bytes) { return pages_.MakeRoom(bytes); }
  // What the slab takes before the batch wants to be handed over.
  size_t bytes_before_handover() const { return pages_.used() < handover_bytes_ ? handover_bytes_ - pages_.used() : 0; }
  // Whether the reader of this batch may keep a page (BatchPages::Keep).
  bool KeepPage(Napi::Env env, uint32_t index) { return pages_.Keep(env, index); }
  // Gives `stack` its properties meta, slab or pages, and large.
  void DefineOn(Napi::Object stack) const;
  // Makes `large` hold this batch's large payloads. Needs an entered context.
  void PublishLarge(Napi::Env env);
  // The records have been consumed.
  void Clear();

 private:
  static constexpr size_t kRecords = 4096;
  static constexpr size_t kHandoverRecords = 768;
  static constexpr size_t kSlabBytes = 1024 * 1024;
  static constexpr size_t kSlabHandoverBytes = 256 * 1024;
  // A message that is kept pins a page at most.
  static constexpr size_t kPageBytes = 64 * 1024;
  static constexpr uint32_t kPages = 4;
  // With so little left in the last page, reads would be short.
  static constexpr size_t kPagesHandoverBytes = kPages * kPageBytes - 16 * 1024;
  // Above this a payload gets memory of its own, so that the slab is always large enough for one more.
  static constexpr size_t kMaxSlabPayloadBytes = 64 * 1024;
  // Such memory in one batch. What goes beyond waits for the next one, where it is counted, unless it is alone.
  static constexpr size_t kMaxLargeBytes = 1024 * 1024;

  bool AddPayload(sctp::Bytes data, uint32_t* words);
  bool AddLarge(framing::OwnedBytes&& payload, uint32_t* words);
  uint32_t* Commit(sctp::SocketId socket, uint32_t kind);
  uint32_t* next() { return meta_ + count_ * RecordWord::kWords; }

  Napi::Reference<Napi::Uint32Array> meta_reference_;
  Napi::Reference<Napi::Array> large_reference_;
  uint32_t* meta_;
  const size_t handover_bytes_;
  BatchPages pages_;
  std::vector<framing::OwnedBytes> large_;
  size_t large_bytes_ = 0;
  uint32_t published_ = 0;  // Elements of `large` that JavaScript sees.
  size_t count_ = 0;
};

static_assert(!std::is_copy_constructible_v<RecordBatch>);

// Writes the address words of a record. `words` may also begin where its second address does.
void WriteAddress(const sctp::IpAddress& address, uint16_t port, uint32_t* words);

}  // namespace mailport::addon
