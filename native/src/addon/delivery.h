// How the items of a stack's sockets reach JavaScript: which of them are in the next batch, and the one call that hands a batch over. Each stack
// has one Delivery. The sockets of the stack hold their items and their credit; a Delivery holds only what must be taken although no batch is open.
#pragma once

#include <napi.h>

#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "../sctp/types.h"
#include "batch_callback.h"
#include "record_batch.h"
#include "record_words.h"

namespace mailport::addon {

// A stack, as its Delivery sees it: what fills a batch, and what happens around the handover of one.
class ItemSource {
 public:
  // Gives Deliver what the socket holds, as far as its credit goes. The socket may have been closed.
  virtual void DeliverHeld(sctp::SocketId socket) = 0;
  // JavaScript asks for the socket's items at once: gives Deliver what still has to be read for it.
  virtual void ReadMore(sctp::SocketId) {}
  // Gives Deliver what an earlier batch had no room for.
  virtual void DeliverRefused() {}
  // The batch is complete. `empty`: there is nothing to hand over, and the turn ends.
  virtual void OnCollected(bool /*empty*/) {}
  // JavaScript has had the batch. `last`: the turn ends, though there may be more to deliver.
  virtual void OnHandedOver(bool /*last*/) {}

 protected:
  ~ItemSource() = default;
};

// The place of a socket in the list of those that ask for a drain. A stack keeps one with each socket.
class DrainMark {
  friend class Delivery;
  uint64_t round_ = 0;
};

class Delivery {
 public:
  // `stack` becomes the callback's `this`, and gets the batch's properties.
  // `resource`: the name of its calls to async hooks.
  Delivery(Napi::Env env, Napi::Object stack, Napi::Function on_batch, const char* resource = "mailport:sctp",
           RecordBatch::Memory memory = RecordBatch::Memory::kSlab);
  // Without a callback: batches are handed over by Drain and Fill alone.
  Delivery(Napi::Env env, Napi::Object stack);
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  // A turn: what happens between the two calls is delivered by EndTurn, in one batch or, up to a bound, in several.
  void BeginTurn() { Open(); }
  void EndTurn(ItemSource& source);
  // Ends a turn whose batch the caller hands over: one batch of what the turn delivers. How many records; 0: the turn is over.
  size_t Fill(Napi::Env env, ItemSource& source);
  // Hands over what has been put into the open batch, and nothing else. Not inside the batch callback.
  void HandOver();
  // Moves what the socket may deliver into the batch, and answers how many records. The answer is 0 inside the batch callback, whose records are
  // still in use: the items come with a batch of their own.
  size_t Drain(Napi::Env env, sctp::SocketId socket, ItemSource& source);

  // Copies an item of the socket into the open batch. `record` is the item as a record, see SctpRecord. False: the source keeps the item, because no
  // batch is open, this one is full, or an urgent item of the same socket has to come first.
  template <typename Record>
  bool Deliver(sctp::SocketId socket, const Record& record);
  // The same of a payload that gives away its memory if it is delivered.
  template <typename Record>
  bool Deliver(sctp::SocketId socket, const Record& record, framing::OwnedBytes* payload);
  // The same of a payload that was read into the free memory of the batch, behind all others.
  template <typename Record>
  bool DeliverInPlace(sctp::SocketId socket, const Record& record);
  // Where the memory of the open batch is free; empty if no batch is open, or not so much is free in one piece.
  std::span<uint8_t> FreeMemory(size_t least) { return open_ && batch_.MakeRoom(least) ? batch_.free_memory() : std::span<uint8_t>(); }
  // Whether JavaScript, which is reading the batch, may keep one of its pages.
  bool KeepPage(Napi::Env env, uint32_t index) { return batch_.KeepPage(env, index); }
  // Whether the open batch takes a payload that gives away its memory.
  bool HasRoomForLarge(sctp::SocketId socket, size_t bytes) const { return open_ && !HasUrgent(socket) && batch_.HasRoomForLarge(bytes); }
  // Records that the batch still takes.
  size_t records_left() const { return batch_.records_left(); }
  // Takes an item that costs no credit and waits for no other: if not in the open batch, it comes in the next one, without payload.
  template <typename Record>
  void DeliverUrgent(sctp::SocketId socket, const Record& record);
  // The open batch, for a source that writes records into it itself. Null where Deliver would answer false whatever the item.
  RecordBatch* BatchFor(sctp::SocketId socket) { return open_ && !HasUrgent(socket) ? &batch_ : nullptr; }
  // The open batch is long enough: reading pauses until it has been handed over.
  bool WantsHandover() const { return batch_.WantsHandover(); }
  // The next batch begins with what sockets in this list hold.
  void WantDrain(sctp::SocketId socket, DrainMark* mark);
  bool HasWork() const { return !urgent_.empty() || !wants_drain_.empty(); }
  // The socket has been closed: nothing of it is delivered any more.
  void Forget(sctp::SocketId socket);

  // The environment is ending: no call into JavaScript comes after this.
  void End();
  bool ended() const { return ended_; }
  // JavaScript is reading a batch.
  bool in_callback() const { return in_callback_; }

 private:
  struct Urgent {
    sctp::SocketId socket;
    RecordBatch::Words words;
  };

  void Open();
  void Collect(ItemSource& source);
  // Those of socket `only`, or of all sockets if it is 0.
  void CollectUrgent(sctp::SocketId only);
  bool HasUrgent(sctp::SocketId socket) const;
  void CallJavaScript();

  std::optional<BatchCallback> callback_;
  RecordBatch batch_;
  bool open_ = false;         // The batch takes items.
  bool in_callback_ = false;  // JavaScript is reading the batch.
  bool ended_ = false;
  std::vector<Urgent> urgent_;  // In the order in which they came.
  std::vector<sctp::SocketId> wants_drain_;
  std::vector<sctp::SocketId> draining_;  // Empty except in Collect; kept for its memory.
  uint64_t round_ = 1;                    // Marks with this number are in wants_drain_.
};

static_assert(!std::is_copy_constructible_v<Delivery>);

template <typename Record>
bool Delivery::Deliver(sctp::SocketId socket, const Record& record) {
  if (!open_ || HasUrgent(socket)) return false;
  uint32_t* words = batch_.Add(socket, record.kind(), record.payload());
  if (words == nullptr) return false;
  record.Write(words);
  return true;
}

template <typename Record>
bool Delivery::Deliver(sctp::SocketId socket, const Record& record, framing::OwnedBytes* payload) {
  if (!open_ || HasUrgent(socket)) return false;
  uint32_t* words = batch_.Add(socket, record.kind(), std::move(*payload));
  if (words == nullptr) return false;
  record.Write(words);
  return true;
}

template <typename Record>
bool Delivery::DeliverInPlace(sctp::SocketId socket, const Record& record) {
  if (!open_ || HasUrgent(socket)) return false;
  const sctp::Bytes payload = record.payload();
  uint32_t* words = batch_.AddInPlace(socket, record.kind(), payload);
  if (words == nullptr) return false;
  batch_.UseMemory(static_cast<size_t>(payload.data() + payload.size() - batch_.free_memory().data()));
  record.Write(words);
  return true;
}

template <typename Record>
void Delivery::DeliverUrgent(sctp::SocketId socket, const Record& record) {
  if (Deliver(socket, record)) return;
  Urgent& urgent = urgent_.emplace_back(Urgent{socket, {}});
  urgent.words[RecordWord::kSocket] = socket;
  urgent.words[RecordWord::kKind] = record.kind();
  record.Write(urgent.words.data());
}

}  // namespace mailport::addon
