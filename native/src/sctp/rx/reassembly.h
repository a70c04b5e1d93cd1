// Fragments that wait for the rest of their message (RFC 9260 section 6.9). TSNs tell which belong together. InterleavedReassembly is for I-DATA.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "pieces.h"
#include "tsn_map.h"
#include "../types.h"

namespace mailport::sctp {

struct InboundMessage {
  uint32_t tsn = 0;  // TSN of the first chunk.
  uint16_t stream = 0;
  uint32_t ssn = 0;  // With interleaving the MID.
  uint32_t ppid = 0;
  bool unordered = false;
};

struct Fragment {
  uint64_t tsn = 0;  // Unwrapped.
  InboundMessage message;
  bool begins = false;
  bool ends = false;
  Bytes payload;
};

struct WholeMessage {
  InboundMessage message;
  std::vector<uint8_t> bytes;
};

class Reassembly {
 public:
  // `pool`: see Pieces.
  explicit Reassembly(PiecePool* pool = nullptr) : pool_(pool) {}

  // Whether a chunk fits at its TSN. Neighbours inside one message must agree (section 6.9). A message with a hole that can no longer be filled does not fit:
  // it would be held for ever. A whole message begins and ends; so does a chunk that belongs to no message.
  bool Fits(const Fragment& fragment, const TsnMap& seen) const;
  // The same for a peer that may give up messages (RFC 3758). A neighbour may belong to a message whose end was never sent, so neighbours need not agree. False:
  // the fragment's own message has been given up.
  bool CanBecomeWhole(const Fragment& fragment, const TsnMap& seen) const;
  // Takes a fragment that fits, or can become whole; gives the message if it is whole now.
  std::optional<WholeMessage> Add(const Fragment& fragment);
  // The peer has given up all messages that have a fragment up to `tsn`, and are not whole.
  void DropUpTo(uint64_t tsn);
  void Clear() {
    waiting_.reset();
  }
  // Gives memory back if nothing is held.
  void Trim() {
    if (empty()) waiting_.reset();
  }

  bool empty() const { return waiting_ == nullptr || waiting_->runs.empty(); }
  // The first message, if its first fragment is here and everything before it has come; else null.
  const InboundMessage* Head(uint64_t cumulative) const;
  size_t head_bytes() const { return empty() ? 0 : runs().begin()->second.pieces.bytes(); }
  bool head_is_exempt() const { return !empty() && runs().begin()->second.exempt; }
  // From now on the head's bytes are no longer counted as held.
  void ExemptHead();
  // Bytes of the fragment added last, with the fragments of its message that adjoin it.
  size_t latest_bytes() const { return waiting_ == nullptr ? 0 : waiting_->latest_bytes; }

  // Payload, and the overhead of holding it.
  size_t held_bytes() const { return waiting_ == nullptr ? 0 : waiting_->held_bytes; }
  size_t exempt_bytes() const { return waiting_ == nullptr ? 0 : waiting_->exempt_bytes; }
  // Bytes copied so far, for tests of cost.
  uint64_t copied_bytes() const { return copied_bytes_; }

 private:
  struct Run {  // Fragments of one message with consecutive TSNs.
    uint64_t last = 0;
    InboundMessage message;
    bool begins = false;
    bool ends = false;
    bool exempt = false;  // Not counted as held: the application is already waiting for the rest.
    Pieces pieces;

    size_t Charge() const;
  };
  using Runs = std::map<uint64_t, Run>;

  // The run that ends just before `tsn`, or none.
  Runs::const_iterator Before(uint64_t tsn) const;
  // The run that the fragment continues, or none.
  Runs::const_iterator RunBefore(const Fragment& fragment) const;
  // Whether that run continues the fragment.
  bool Continues(Runs::const_iterator run, const Fragment& fragment) const;
  Runs::iterator Insert(uint64_t tsn, Run run);
  Runs::iterator Extend(Runs::iterator run, const Fragment& fragment);
  void Join(Run& run, Run& tail);
  WholeMessage Finish(Runs::iterator run);
  void Count(const Run& run);
  void Uncount(const Run& run);

  struct Waiting {
    Runs runs;  // By their first TSN.
    Runs::node_type spare;  // Of the run that was finished last, for the next one.
    size_t held_bytes = 0;
    size_t exempt_bytes = 0;  // Bytes of the exempt run. At most one run is exempt: the first, and nothing comes before it.
    size_t latest_bytes = 0;
  };
  Runs& runs() {
    if (waiting_ == nullptr) waiting_ = std::make_unique<Waiting>();
    return waiting_->runs;
  }
  const Runs& runs() const {
    static const Runs kNone;
    return waiting_ == nullptr ? kNone : waiting_->runs;
  }

  PiecePool* const pool_;
  std::unique_ptr<Waiting> waiting_;  // Null until a message comes in parts.
  uint64_t copied_bytes_ = 0;
};

}  // namespace mailport::sctp
