#include "core.h"

#include <algorithm>
#include <utility>

#include "association.h"
#include "endpoint.h"
#include "socket.h"

namespace mailport::sctp {

namespace {

CookieKeys::Key RandomKey(Host& host) {
  CookieKeys::Key key;
  host.FillRandom(key);
  return key;
}

SipKey RandomSipKey(Host& host) {
  std::array<uint8_t, sizeof(SipKey)> bytes;
  host.FillRandom(bytes);
  SipKey key;
  std::memcpy(key.data(), bytes.data(), bytes.size());
  return key;
}

}  // namespace

Core::Core(Host& the_host) : host(the_host), cookie_keys(RandomKey(the_host), 0), sip_key(RandomSipKey(the_host)) {}

// In this order: associations hold timers and stand in the tables of endpoints and sockets.
Core::~Core() {
  graveyard_.clear();
  associations.clear();
  sockets.clear();
  endpoints.clear();
}

uint32_t Core::Random32() {
  std::array<uint8_t, 4> bytes;
  host.FillRandom(bytes);
  return static_cast<uint32_t>(bytes[0]) | static_cast<uint32_t>(bytes[1]) << 8 | static_cast<uint32_t>(bytes[2]) << 16 |
         static_cast<uint32_t>(bytes[3]) << 24;
}

uint32_t Core::RandomTag() {
  for (;;)
    if (const uint32_t tag = Random32()) return tag;
}

void Core::RotateCookieKey() {
  if (cookie_keys.Due(now)) cookie_keys.Rotate(RandomKey(host), now);
}

KeyVector Core::NewKeyVector(const AuthSettings& settings) {
  std::array<uint8_t, kAuthRandomBytes> random;
  host.FillRandom(random);
  return MakeKeyVector(random, settings.chunks, settings.hmacs);
}

Socket* Core::FindSocket(SocketId id) const {
  if (last_socket_ != nullptr && last_socket_->id == id) return last_socket_;
  const auto found = sockets.find(id);
  if (found == sockets.end()) return nullptr;
  return last_socket_ = found->second.get();
}

Association* Core::FindAssociation(AssocId id) const {
  if (last_association_ != nullptr && last_association_->id == id) return last_association_;
  const auto found = associations.find(id);
  if (found == associations.end()) return nullptr;
  return last_association_ = found->second.get();
}

AssocId Core::NewAssocId() {
  for (;;) {
    if (next_assoc_id < kFirstAssocId) next_assoc_id = kFirstAssocId;
    const AssocId id = next_assoc_id++;
    if (!associations.contains(id)) return id;
  }
}

Association& Core::Add(std::unique_ptr<Association> association) {
  ++stats.associations;
  return *(associations[association->id] = std::move(association));
}

void Core::Bury(Association& association) {
  --stats.associations;
  if (last_association_ == &association) last_association_ = nullptr;
  const auto found = associations.find(association.id);
  graveyard_.push_back(std::move(found->second));
  associations.erase(found);
}

void Core::Sweep() {
  if (graveyard_.empty()) return;
  std::vector<std::unique_ptr<Association>> dead = std::move(graveyard_);
  graveyard_.clear();
  std::vector<Endpoint*> left;
  bool any_dirty = false;
  for (const auto& association : dead) {
    left.push_back(&association->endpoint);
    any_dirty |= association->dirty_;
  }
  if (any_dirty) std::erase_if(dirty, [](const Association* association) { return association->IsClosed(); });
  dead.clear();
  std::sort(left.begin(), left.end());
  left.erase(std::unique(left.begin(), left.end()), left.end());
  for (Endpoint* endpoint : left) DropEndpointIfUnused(*endpoint);
}

Socket& Core::AddBeside(const Socket& socket) {
  OpenParams params = socket.params;
  params.one_to_one = true;
  const SocketId id = next_socket_id++;
  auto made = std::make_unique<Socket>(*this, socket.endpoint, id, params);
  made->options = socket.options;
  made->charges.SetLimit(socket.charges.limit());
  made->sends.SetLimit(socket.sends.limit());
  made->bound = false;
  ++socket.endpoint.sockets_beside;
  return *(sockets[id] = std::move(made));
}

void Core::RelieveSqueezed() {
  if (std::exchange(reliefs_seen, charges.reliefs()) == charges.reliefs()) return;
  for (const AssocId id : std::exchange(squeezed, {}))
    if (Association* association = FindAssociation(id)) association->OnRelief();
}

// Senders are told in turns, and not many at a time: each sender that is told tries to send, and those after it may find the room taken.
void Core::RelieveSenders() {
  for (size_t looks = std::min({sender_looks, waiting_senders.size(), kLooksPerFlush}); looks != 0 && !sends.IsFull(); --looks) {
    --sender_looks;
    auto next = waiting_senders.upper_bound(looked_at_);
    if (next == waiting_senders.end()) next = waiting_senders.begin();
    looked_at_ = *next;
    FindAssociation(looked_at_)->TellRoom();
  }
  sender_looks = std::min(sender_looks, waiting_senders.size());
}

void Core::TrimLeaving() {
  while (leaving.bytes() > sends.limit() / kLeavingParts) leaving.Stalest()->Abort(kCauseOutOfResource, {});
}

void Core::MarkDirty(Association& association) {
  if (association.dirty_) return;
  association.dirty_ = true;
  dirty.push_back(&association);
}

}  // namespace mailport::sctp
