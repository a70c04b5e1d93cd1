// What has come on one stream and has not been taken, cut into packets. Bytes are read into the memory of a batch and cut there, and only an unfinished packet
// at the end moves into memory of its own. A packet that is long is read into its own memory, which the taker gets.
//
// Reading goes so: Plan says where the next bytes belong; Arrived takes note of those that have come; Next and Pop give packet after packet; Keep saves what is
// left before the memory of the batch is used for something else.
#pragma once

#include <type_traits>

#include "cut.h"
#include "held_bytes.h"

namespace mailport::framing {

class Inbound {
 public:
  // From this length on, with its header, a packet is read into its own memory.
  static constexpr size_t kOwnBytes = 16 * 1024;
  // One read into the memory of a batch.
  static constexpr size_t kReadBytes = 64 * 1024;
  // The most that Arrived needs there.
  static constexpr size_t kMostAtBatch = kOwnBytes + kReadBytes;

  // Where one read puts its bytes: first into `own`, then into the memory of the batch from `gap` on.
  struct ReadPlan {
    uint8_t* own = nullptr;
    size_t own_bytes = 0;
    size_t gap = 0;
    size_t batch_bytes = 0;

    size_t bytes() const { return own_bytes + batch_bytes; }
  };

  struct Piece {
    Verdict verdict;
    bool in_batch;  // It lies in the memory of the batch, already in its place there.
    bool is_long;   // It has memory of its own, which PopOwned gives.
    size_t header;
    Bytes bytes;  // Of a packet.
  };

  Inbound() = default;
  Inbound(const Inbound&) = delete;
  Inbound& operator=(const Inbound&) = delete;

  size_t size() const { return held_.size() + fresh_.size(); }
  // Of its own.
  size_t capacity() const { return held_.capacity(); }
  // Of the packet that was taken last, with its header; 0 if none was. The next ones are likely to be as long.
  size_t last_whole() const { return last_whole_; }

  // Only when Next has found nothing more, and nothing lies in the memory of the batch. Mode raw without `expect` reads at most `most` bytes, since what it reads
  // must be taken.
  ReadPlan Plan(const Format& format, size_t most);
  // `bytes` have come by the plan; `batch` is where its memory of the batch begins. How many bytes were copied, as of the functions below.
  size_t Arrived(const Format& format, const ReadPlan& plan, uint8_t* batch, size_t bytes);
  Piece Next(const Format& format);
  // The packet that Next has given is taken.
  void Pop(const Piece& piece);
  // The same, with its bytes, of a packet that is long.
  OwnedBytes PopOwned(const Piece& piece, size_t* copied);
  size_t Keep();
  // Puts bytes in front of what is held. Nothing may lie in the memory of the batch.
  size_t Prepend(Bytes bytes);
  // The format has changed: what is held is to be cut anew (TM-22).
  void FormatChanged() { scanned_ = 0; }
  void Drop();

 private:
  // Room for a packet grows with what has come of it, whatever its header announces.
  static constexpr size_t kFirstRoomBytes = 64 * 1024 + kMaxHeaderBytes;
  // Read behind a long packet, so that the next header comes along.
  static constexpr size_t kBehindBytes = 4096;

  // Of such packets a read into the memory of a batch would cut more than it gives whole. So the next one is likely to be as long, and is read into memory of its own
  // from its header on, and nothing is read behind it.
  static bool IsHalfARead(size_t whole) { return whole > kReadBytes / 2; }
  ReadPlan PlanOwn(size_t missing, bool reads_behind);
  bool Completes(const Format& format, Bytes come) const;

  HeldBytes held_;
  Bytes fresh_;         // In the memory of the batch, behind what is held.
  size_t scanned_ = 0;  // Bytes of held_ that hold no delimiter.
  size_t last_whole_ = 0;
};

static_assert(!std::is_copy_constructible_v<Inbound>);

}  // namespace mailport::framing
