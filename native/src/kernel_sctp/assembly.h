// Joins the parts that were read from a socket of the kernel's SCTP into items. Each socket has one Assembly, which reads nothing itself.
#pragma once

#include <map>
#include <set>
#include <type_traits>
#include <vector>

#include "received_parts.h"

namespace mailport::kernel_sctp {

class Assembly {
 public:
  enum class Outcome {
    kItem,
    kNothing,   // The rest of it has not arrived, or nobody asks for it.
    kEnd,       // The socket gives nothing more: no data, no flags.
    kTooLarge,  // The part does not fit what may be held: its message, or the largest message that is held, is forgotten. `item` names the
                // association of that message, and its later parts count as kNothing.
  };
  // A peer that sends more than that of one message never ends it.
  static constexpr size_t kMaxMessageBytes = size_t{64} << 20;
  // Of all unfinished messages together, unless the user says otherwise: several peers may each stay below the limit for one message.
  static constexpr size_t kMaxBytes = 4 * kMaxMessageBytes;
  // What an unfinished message costs besides its bytes.
  static constexpr size_t kPartOverheadBytes = 128;

  Assembly() = default;
  Assembly(const Assembly&) = delete;
  Assembly& operator=(const Assembly&) = delete;

  // `item` is valid until the next Take, and as long as the part is.
  Outcome Take(const Part& part, sctp::Item* item);
  // Forgets the unfinished messages of the association, and answers whether there were any.
  bool Drop(sctp::AssocId assoc);
  // Moves the unfinished messages of the association.
  void Move(sctp::AssocId assoc, Assembly* to);
  // Whether no message is unfinished.
  bool empty() const { return parts_.empty(); }
  size_t bytes() const { return bytes_; }
  // What unfinished messages take, with their overhead, and how much they may take.
  size_t held_bytes() const { return bytes_ + parts_.size() * kPartOverheadBytes; }
  size_t max_bytes() const { return max_bytes_; }
  void SetMaxBytes(size_t bytes) { max_bytes_ = bytes; }

 private:
  struct Key {
    sctp::AssocId assoc;
    uint32_t stream;
    auto operator<=>(const Key&) const = default;
  };

  Outcome TakeNotification(const Part& part, sctp::Item* item);
  Outcome TakeData(const Part& part, sctp::Item* item);
  struct Unfinished {
    std::vector<uint8_t> bytes;
    uint32_t ppid = 0;  // Of the first part. Of an I-DATA message Linux tells the number of a fragment as that of the others.
  };
  using Parts = std::map<Key, Unfinished>;
  // Where the messages of an association begin.
  Parts::iterator FirstOf(sctp::AssocId assoc) { return parts_.lower_bound({assoc, 0}); }
  // Takes what has come of a message out.
  Unfinished Extract(Parts::iterator found);
  // Forgets the largest; the association it is of.
  sctp::AssocId GiveUpLargest();

  Parts parts_;
  size_t bytes_ = 0;                   // Of all parts.
  size_t max_bytes_ = kMaxBytes;
  std::set<Key> given_up_;             // Messages that were too large, and have not come to their end.
  std::vector<uint8_t> notification_;  // The parts of an unfinished notification; parts of two never mix.
  std::vector<uint8_t> finished_;      // Payload of the item given last.
};

static_assert(!std::is_copy_constructible_v<Assembly>);

}  // namespace mailport::kernel_sctp
