// Puts the parts that a socket of the kernel's SCTP gave together to items. One for each socket; it reads nothing itself.
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
    kNothing,   // More of it has to come, or it is nothing for anybody.
    kEnd,       // The socket gives nothing more: no data, no flags.
    kTooLarge,  // What has come of a message, that one or the largest, is more than is held: it is forgotten, `item` names its association. What
                // still comes of it is nothing.
  };
  // A message of which more has come is a peer that never ends it.
  static constexpr size_t kMaxMessageBytes = size_t{64} << 20;
  // Of all messages that have begun to come, unless the user says otherwise: peers that never end theirs, each below that.
  static constexpr size_t kMaxBytes = 4 * kMaxMessageBytes;
  // What one costs beside its bytes.
  static constexpr size_t kPartOverheadBytes = 128;

  Assembly() = default;
  Assembly(const Assembly&) = delete;
  Assembly& operator=(const Assembly&) = delete;

  // `item` is valid until the next Take, and until the part is not.
  Outcome Take(const Part& part, sctp::Item* item);
  // Forgets what has come of messages of that association; whether there was any.
  bool Drop(sctp::AssocId assoc);
  // What has come of messages of that association goes on there.
  void Move(sctp::AssocId assoc, Assembly* to);
  // Whether part of a message is here.
  bool empty() const { return parts_.empty(); }
  size_t bytes() const { return bytes_; }
  // What they take, with what they cost beside; and how much that may be.
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
  using Parts = std::map<Key, std::vector<uint8_t>>;
  // Where the messages of an association begin.
  Parts::iterator FirstOf(sctp::AssocId assoc) { return parts_.lower_bound({assoc, 0}); }
  // Takes what has come of a message out.
  std::vector<uint8_t> Extract(Parts::iterator found);
  // Forgets the largest; the association it is of.
  sctp::AssocId GiveUpLargest();

  Parts parts_;
  size_t bytes_ = 0;                   // Of all parts.
  size_t max_bytes_ = kMaxBytes;
  std::set<Key> given_up_;             // Messages that were too large, and have not come to their end.
  std::vector<uint8_t> notification_;  // What has come of it; notifications never mix.
  std::vector<uint8_t> finished_;      // Payload of the item given last.
};

static_assert(!std::is_copy_constructible_v<Assembly>);

}  // namespace mailport::kernel_sctp
