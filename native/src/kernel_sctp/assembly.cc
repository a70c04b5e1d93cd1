// Joining parts.
#include "assembly.h"

#if defined(__linux__)

#include <algorithm>
#include <iterator>
#include <utility>

#include "notification.h"

namespace mailport::kernel_sctp {

Assembly::Outcome Assembly::Take(const Part& part, sctp::Item* item) {
  *item = {};
  item->peer = part.peer;
  item->peer_port = part.peer_port;
  if (part.notification) return TakeNotification(part, item);
  // SCTP has no empty messages.
  if (part.data.empty() && !part.last) return Outcome::kEnd;
  return TakeData(part, item);
}

Assembly::Outcome Assembly::TakeNotification(const Part& part, sctp::Item* item) {
  sctp::Bytes bytes = part.data;
  if (!part.last || !notification_.empty()) {
    notification_.insert(notification_.end(), bytes.begin(), bytes.end());
    if (!part.last) return Outcome::kNothing;
    finished_ = std::exchange(notification_, {});
    bytes = finished_;
  }
  return ParseNotification(bytes, item) == NotificationKind::kItem ? Outcome::kItem : Outcome::kNothing;
}

Assembly::Outcome Assembly::TakeData(const Part& part, sctp::Item* item) {
  item->kind = sctp::ItemKind::kData;
  // It is always asked for: without it nobody knows whose the message is.
  if (!ReadSendReceiveInfo(part.control, item)) return Outcome::kNothing;
  const Key key{item->assoc_id, item->stream};
  if (given_up_.contains(key)) {
    if (part.last) given_up_.erase(key);
    return Outcome::kNothing;
  }
  const auto found = parts_.find(key);
  if (part.last && found == parts_.end()) {
    item->data = part.data;
    return Outcome::kItem;
  }
  Unfinished& message = found != parts_.end() ? found->second : parts_[key];
  if (found == parts_.end()) message.ppid = item->ppid;
  std::vector<uint8_t>& bytes = message.bytes;
  if (bytes.size() + part.data.size() > kMaxMessageBytes) {
    (void)Extract(parts_.find(key));
    if (!part.last) given_up_.insert(key);
    return Outcome::kTooLarge;
  }
  bytes.insert(bytes.end(), part.data.begin(), part.data.end());
  bytes_ += part.data.size();
  if (!part.last) {
    if (held_bytes() <= max_bytes_) return Outcome::kNothing;
    item->assoc_id = GiveUpLargest();
    return Outcome::kTooLarge;
  }
  Unfinished whole = Extract(parts_.find(key));
  finished_ = std::move(whole.bytes);
  item->ppid = whole.ppid;
  item->data = finished_;
  return Outcome::kItem;
}

sctp::AssocId Assembly::GiveUpLargest() {
  const auto largest =
      std::max_element(parts_.begin(), parts_.end(), [](const auto& one, const auto& other) { return one.second.bytes.size() < other.second.bytes.size(); });
  const Key key = largest->first;
  (void)Extract(largest);
  given_up_.insert(key);
  return key.assoc;
}

Assembly::Unfinished Assembly::Extract(Parts::iterator found) {
  Unfinished message = std::move(found->second);
  bytes_ -= message.bytes.size();
  parts_.erase(found);
  return message;
}

bool Assembly::Drop(sctp::AssocId assoc) {
  bool any = std::erase_if(given_up_, [assoc](const Key& key) { return key.assoc == assoc; }) > 0;
  for (auto entry = FirstOf(assoc); entry != parts_.end() && entry->first.assoc == assoc; any = true) (void)Extract(entry++);
  return any;
}

void Assembly::Move(sctp::AssocId assoc, Assembly* to) {
  for (auto entry = FirstOf(assoc); entry != parts_.end() && entry->first.assoc == assoc;) {
    const Key key = entry->first;
    Unfinished message = Extract(entry++);
    to->bytes_ += message.bytes.size();
    to->parts_.emplace(key, std::move(message));
  }
  for (auto key = given_up_.begin(); key != given_up_.end();) {
    const auto next = std::next(key);
    if (key->assoc == assoc) to->given_up_.insert(given_up_.extract(key));
    key = next;
  }
}

}  // namespace mailport::kernel_sctp

#endif
