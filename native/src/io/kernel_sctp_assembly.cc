// Joining parts.
#include "kernel_sctp_assembly.h"

#include <utility>

#include "kernel_sctp_notification.h"

namespace mailport::io {

#if defined(__linux__)

SctpAssembly::Outcome SctpAssembly::Take(const SctpPart& part, sctp::Item* item) {
  *item = {};
  item->peer = part.peer;
  item->peer_port = part.peer_port;
  if (part.notification) return TakeNotification(part, item);
  // SCTP has no empty messages.
  if (part.data.empty() && !part.last) return Outcome::kEnd;
  return TakeData(part, item);
}

SctpAssembly::Outcome SctpAssembly::TakeNotification(const SctpPart& part, sctp::Item* item) {
  sctp::Bytes bytes = part.data;
  if (!part.last || !notification_.empty()) {
    notification_.insert(notification_.end(), bytes.begin(), bytes.end());
    if (!part.last) return Outcome::kNothing;
    finished_ = std::exchange(notification_, {});
    bytes = finished_;
  }
  return ParseNotification(bytes, item) == NotificationKind::kItem ? Outcome::kItem : Outcome::kNothing;
}

SctpAssembly::Outcome SctpAssembly::TakeData(const SctpPart& part, sctp::Item* item) {
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
  std::vector<uint8_t>& bytes = found != parts_.end() ? found->second : parts_[key];
  if (bytes.size() + part.data.size() > kMaxMessageBytes) {
    parts_.erase(key);
    if (!part.last) given_up_.insert(key);
    return Outcome::kTooLarge;
  }
  bytes.insert(bytes.end(), part.data.begin(), part.data.end());
  if (!part.last) return Outcome::kNothing;
  finished_ = std::move(bytes);
  parts_.erase(key);
  item->data = finished_;
  return Outcome::kItem;
}

#else

SctpAssembly::Outcome SctpAssembly::Take(const SctpPart&, sctp::Item*) { return Outcome::kEnd; }

#endif

bool SctpAssembly::Drop(sctp::AssocId assoc) {
  const size_t given_up = std::erase_if(given_up_, [assoc](const Key& key) { return key.assoc == assoc; });
  return std::erase_if(parts_, [assoc](const auto& entry) { return entry.first.assoc == assoc; }) + given_up > 0;
}

void SctpAssembly::Move(sctp::AssocId assoc, SctpAssembly* to) {
  for (auto entry = parts_.begin(); entry != parts_.end();) {
    const auto next = std::next(entry);
    if (entry->first.assoc == assoc) to->parts_.insert(parts_.extract(entry));
    entry = next;
  }
  for (auto key = given_up_.begin(); key != given_up_.end();) {
    const auto next = std::next(key);
    if (key->assoc == assoc) to->given_up_.insert(given_up_.extract(key));
    key = next;
  }
}

size_t SctpAssembly::bytes() const {
  size_t total = 0;
  for (const auto& [key, bytes] : parts_) total += bytes.size();
  return total;
}

}  // namespace mailport::io
