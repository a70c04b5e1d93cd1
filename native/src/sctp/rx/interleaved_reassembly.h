// Fragments of I-DATA chunks that wait for the rest of their messages (RFC 8260 section 2.2.3). Stream, U bit and MID name the message, and the FSN says where in
// it a fragment belongs; TSNs tell nothing here. Fragments of any number of messages may come by turns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "../packet/wire.h"
#include "../stream_table.h"
#include "node_pool.h"
#include "piece_pool.h"
#include "pieces.h"
#include "reassembly.h"

namespace mailport::sctp {

class InterleavedReassembly {
 public:
  // Overhead of holding payload: a node of the map for each message, another for each run of its fragments. Pieces come on top.
  static constexpr size_t kMessageOverheadBytes = 184;
  static constexpr size_t kRunOverheadBytes = 96;

  struct Pool;
  // `pool`: where memory comes from and goes to.
  explicit InterleavedReassembly(Pool& pool) : pool_(pool) {}

  // Whether fragments of that message are here.
  bool Has(const InboundMessage& message) const { return !messages_.empty() && messages_.contains(KeyOf(message)); }
  // Takes a fragment, and gives the message if it is whole now. False: the fragment contradicts others of its message, as two with the same number do. `is_next`:
  // no other message has to be delivered before.
  bool Add(const Fragment& fragment, uint32_t fsn, bool is_next, std::optional<WholeMessage>* whole);
  // Now that is so for ordered message `mid` of the stream, of which something may be here.
  void MakeNext(uint16_t stream, uint32_t mid);
  // The peer has given up the messages of a stream up to number `mid`, ordered or unordered ones. Those that are not whole are dropped.
  void DropUpTo(uint16_t stream, bool unordered, uint32_t mid);
  // Whether an unordered message is among those.
  bool IsDropped(const InboundMessage& message);
  void ForgetDropped() { dropped_.Clear(); }
  // The stream's messages begin with number 0 again.
  void ResetStream(uint16_t stream);
  void Clear();

  bool empty() const { return messages_.empty(); }
  // Whether there are messages that wait for nothing but their rest, and are not exempt. The one that has done so longest is the first one.
  bool HasWaiting() const { return waiting_ != nullptr; }
  // What it is charged with.
  size_t first_waiting_bytes() const { return waiting_->charge; }
  // From now on its bytes are no longer counted as held.
  void ExemptFirstWaiting();
  // Payload of the message of the fragment added last.
  size_t latest_bytes() const { return latest_bytes_; }

  // Payload, and the overhead of holding it.
  size_t held_bytes() const { return held_bytes_; }
  size_t exempt_bytes() const { return exempt_bytes_; }
  size_t table_bytes() const { return dropped_.memory_bytes(); }
  uint64_t copied_bytes() const { return copied_bytes_; }

 private:
  struct Run {  // Consecutive fragments.
    uint32_t end = 0;  // The number behind the last one.
    Pieces pieces;

    size_t Charge() const { return kRunOverheadBytes + pieces.charge(); }
  };
  using Runs = std::map<uint32_t, Run>;
  struct Message {
    InboundMessage message;
    bool is_next = false;   // No other message has to be delivered before.
    bool waits = false;     // Is in the list of those that wait for nothing but their rest.
    bool exempt = false;    // Not counted as held: the application is already waiting for the rest.
    bool has_last = false;  // The last fragment is here.
    uint32_t last = 0;      // Its number.
    size_t bytes = 0;       // Payload.
    size_t charge = 0;
    Message* earlier = nullptr;  // In that list.
    Message* later = nullptr;
    Runs runs;  // By the number of the first fragment.
  };
  using Messages = std::map<uint64_t, Message>;
  struct Dropped {
    bool any;
    uint32_t end;  // The number behind the last dropped message.
  };

  static bool Fits(const Message& message, const Fragment& fragment, uint32_t fsn);
  static bool IsWhole(const Message& message);
  void Insert(Message& message, const Fragment& fragment, uint32_t fsn);
  void ListIfWaiting(Message& message);
  void Unlist(Message& message);
  WholeMessage Finish(Messages::iterator at);
  Messages::iterator Drop(Messages::iterator at);
  void DropRange(uint64_t first, uint64_t last);
  // The message's charge has grown by so many bytes, or shrunk.
  void Charge(Message& message, size_t before, size_t now);

  static uint64_t KeyOf(const InboundMessage& message) { return KeyOf(message.stream, message.unordered, message.ssn); }
  static uint64_t KeyOf(uint16_t stream, bool unordered, uint32_t mid) { return uint64_t{stream} << 33 | uint64_t{unordered} << 32 | mid; }

  Pool& pool_;
  Messages messages_;
  StreamTable<Dropped> dropped_;  // Of unordered messages; of ordered ones StreamOrder knows.
  Message* waiting_ = nullptr;
  Message* last_waiting_ = nullptr;
  size_t latest_bytes_ = 0;
  size_t held_bytes_ = 0, exempt_bytes_ = 0;
  uint64_t copied_bytes_ = 0;
};

// Shared by all associations of an engine.
struct InterleavedReassembly::Pool {
  PiecePool pieces;
  NodePool<Messages> messages;
  NodePool<Runs> runs;
};

}  // namespace mailport::sctp
