#include "init_responder.h"

#include <algorithm>
#include <array>
#include <memory>

#include "association.h"
#include "auth.h"
#include "core.h"
#include "endpoint.h"
#include "init_addresses.h"
#include "socket.h"

namespace mailport::sctp {

namespace {

constexpr TimeUs kMicrosPerMilli = 1000;
constexpr uint32_t kMaxCookiePreservativeMs = 60000;  // The most by which a peer may prolong its cookie's life (section 5.2.6).
// An answer to an INIT that may be a forged one is no longer than three INITs, headers of IPv4 and UDP included.
constexpr size_t kMostAnswerFactor = 3;
constexpr size_t kHeaderBytes = 28 + kCommonHeaderBytes;

// Writes the INIT ACK with as many of the addresses as `most` bytes hold. 0: the fields do not fit even without addresses.
size_t WriteWithAddresses(InitFields fields, std::span<const IpAddress> addresses, uint8_t family, size_t most, std::span<uint8_t> chunk) {
  for (size_t count = addresses.size();; --count) {
    // One address alone tells the peer nothing that it does not know.
    fields.addresses = count == 1 ? addresses.first(0) : addresses.first(count);
    const size_t bytes = WriteInit(fields, family, chunk);
    if (count == 0 || (bytes != 0 && bytes <= most)) return bytes;
  }
}

}  // namespace

// Others at the peer's address (users of its host, or behind its NAT) have another UDP port. They may neither take an association over by restarting it, nor
// answer a call of ours in the peer's place. The cause is Linux's, with the present port and the new one.
bool InitResponder::RefusedForUdpPort(const PacketRoute& from, const PacketHeader& header, uint32_t tag) {
  const Association* other = endpoint_.peers.Any({from.remote, header.source_port});
  if (other == nullptr) return false;
  std::array<uint8_t, 4> ports;
  Store16(&ports[0], other->UdpPortAt(from.remote));
  Store16(&ports[2], from.remote_udp_port);
  core_.strangers.Refuse(from, header, tag, kCauseRestartNewEncapsPort, ports);
  return true;
}

bool InitResponder::HasRoomFor(const Socket& listener, const IpAddress& address) const {
  return core_.associations.size() < Core::kMaxAssociations && endpoint_.peers.size() < listener.options.max_associations &&
         endpoint_.peers.CountAt(address) < listener.options.max_associations_per_peer;
}

void InitResponder::RefuseForNumber(const PacketRoute& from, const PacketHeader& header, uint32_t tag) {
  endpoint_.CountRefused();
  core_.strangers.Refuse(from, header, tag, kCauseOutOfResource);
}

bool InitResponder::Parse(const PacketRoute& from, const PacketHeader& header, const Chunk& chunk, InitChunk* init) {
  switch (ParseInit(chunk.bytes, init)) {
    case InitError::kNone:
      return true;
    case InitError::kTruncated:
    case InitError::kZeroTag:  // Section 3.3.2: nowhere to send an ABORT to.
      return false;
    case InitError::kZeroStreams:
    case InitError::kSmallWindow:
    case InitError::kBadParameter:
      core_.strangers.Refuse(from, header, init->initiate_tag, kCauseInvalidParam);
      return false;
    case InitError::kTooManyParameters:
      core_.strangers.Refuse(from, header, init->initiate_tag, kCauseOutOfResource);
      return false;
  }
  return false;
}

void InitResponder::OnInit(const PacketRoute& from, const PacketHeader& header, const Chunk& chunk) {
  Association* existing = endpoint_.peers.Find({from.remote, header.source_port}, from.remote_udp_port);
  if (existing != nullptr && existing->state() == TcbState::kShutdownAckSent) {
    existing->RepeatShutdownAck();  // Section 9.2.
    return;
  }
  Socket* socket = SocketFor(existing);
  // An address that the socket has given up serves the associations that began with it, and no others.
  if (existing == nullptr && !endpoint_.IsHome(from.carrier)) socket = nullptr;
  if (existing == nullptr && socket != nullptr && chunk.bytes.size() >= kInitHeaderBytes && !HasRoomFor(*socket, from.remote)) {
    RefuseForNumber(from, header, Load32(&chunk.bytes[4]));  // Refuse before anything is spent on the INIT.
    return;
  }
  InitChunk init;
  if (!Parse(from, header, chunk, &init)) return;
  const auto refuse = [&](Cause cause, Bytes info) { core_.strangers.Refuse(from, header, init.initiate_tag, cause, info); };
  if (existing == nullptr) {
    if (RefusedForUdpPort(from, header, init.initiate_tag)) return;
    if (TookForOwner(from, header, init)) return;
  }
  if (socket == nullptr) {
    ++core_.stats.out_of_the_blue;
    return refuse(kCauseNone, {});
  }
  if (init.has_host_name) return refuse(kCauseUnresolvableAddress, init.host_name);
  if (!socket->HasPeerRoom()) return refuse(kCauseOutOfResource, {});
  if (OfferFor(*socket, existing).auth != nullptr && init.auth.IsViolation()) return refuse(kCauseProtocolViolation, {});
  if (existing != nullptr && RefusedForAddresses(from, header, init, *existing)) return;
  if (core_.init_answers.Allow(core_.now)) Answer(from, header, init, *socket, existing, from.remote);
}

Socket* InitResponder::SocketFor(const Association* existing) const {
  return existing != nullptr && existing->socket() != nullptr ? existing->socket() : endpoint_.Listener();
}

// A restart must not bring in addresses that the association did not have, nor may a call from the other end once ours has been answered (sections 5.2.1,
// 5.2.2).
bool InitResponder::RefusedForAddresses(const PacketRoute& from, const PacketHeader& header, const InitChunk& init, const Association& existing) {
  if (existing.state() == TcbState::kCookieWait) return false;  // What addresses the peer has is not known yet.
  const std::vector<IpAddress> added = AddedTo(existing, init, from.remote);
  if (added.empty()) return false;
  core_.strangers.Refuse(from, header, init.initiate_tag, kCauseRestartNewAddresses, AddressParams(added));
  return true;
}

// An INIT from elsewhere that lists the address of an association's peer is that association's (section 5.1.2 D). A caller from an address that another peer
// has listed is a caller of its own all the same: otherwise a peer that lists others' addresses could keep these others from calling, and take data meant for
// them. So a peer that comes back by another of its addresses gets a new association.
bool InitResponder::TookForOwner(const PacketRoute& from, const PacketHeader& header, const InitChunk& init) {
  Association* owner = OwnerOf(endpoint_.peers, init, header.source_port);
  if (owner == nullptr) return false;
  if (owner->state() == TcbState::kShutdownAckSent) {
    owner->RepeatShutdownAck();
    return true;
  }
  if (owner->state() == TcbState::kCookieWait) {
    // The answer goes to the address that we called (section 5.2.1, rules 1 and 2).
    if (!init.has_host_name && core_.init_answers.Allow(core_.now)) Answer(owner->path().route, header, init, *owner->socket(), owner, from.remote);
    return true;
  }
  return !owner->MayHave(from.remote) && RefusedForAddresses(from, header, init, *owner);
}

CookieState InitResponder::CookieFor(const PacketRoute& to, const PacketHeader& header, const InitChunk& init, const Socket& socket,
                                     Association* existing, const IpAddress& from) {
  CookieState cookie;
  cookie.created = core_.now;
  const uint32_t longer_ms = std::min(init.cookie_preservative_ms, kMaxCookiePreservativeMs);
  cookie.life_ms = std::min(socket.options.assoc->cookie_life_ms, UINT32_MAX - longer_ms) + longer_ms;
  Terms& terms = cookie.terms;
  terms.peer_tag = init.initiate_tag;
  terms.peer_initial_tsn = init.initial_tsn;
  terms.peer_rwnd = init.a_rwnd;
  terms.capabilities = Agree(OfferFor(socket, existing).most, init);
  if (existing != nullptr && existing->IsSettingUp()) {
    // Both sides call each other: the same tag and TSN as in our own INIT (section 5.2.1).
    terms.local_tag = existing->terms().local_tag;
    terms.local_initial_tsn = existing->terms().local_initial_tsn;
  } else {
    terms.local_tag = core_.RandomTag();
    terms.local_initial_tsn = core_.Random32();
  }
  AddAuth(OfferFor(socket, existing), init, existing, &cookie);
  cookie.local_port = endpoint_.port;
  cookie.peer_port = header.source_port;
  cookie.peer_udp_port = to.remote_udp_port;
  cookie.peer_address = to.remote;
  cookie.listed = ListedIn(init, from, to.remote);
  if (existing != nullptr && existing->state() != TcbState::kCookieWait) existing->Tie(&cookie);
  return cookie;
}

// An end whose call is under way keeps its random number, as it keeps its tag (RFC 4895 section 6.1).
void InitResponder::AddAuth(const Offer& offer, const InitChunk& init, const Association* existing, CookieState* cookie) {
  if (offer.auth == nullptr) return;
  Terms& terms = cookie->terms;
  KeyVector peer_vector = init.auth.Vector();
  if (peer_vector.empty()) return;
  terms.auth.Make().peer = std::move(peer_vector);
  const bool keeps = existing != nullptr && existing->IsSettingUp();
  terms.auth.Make().local = keeps ? existing->terms().auth->local : MakeKeyVector(core_.cookie_keys.RandomFor(*cookie), offer.auth->chunks, offer.auth->hmacs);
}

// An association answers with what it offered before (sections 5.2.1, 5.2.2), whatever its socket's options are by now.
Offer InitResponder::OfferFor(const Socket& socket, const Association* existing) {
  return existing != nullptr && existing->socket() != nullptr ? existing->offer() : socket.OfferNow();
}

void InitResponder::Answer(const PacketRoute& to, const PacketHeader& header, const InitChunk& init, Socket& socket, Association* existing,
                           const IpAddress& from) {
  core_.RotateCookieKey();
  const CookieState cookie = CookieFor(to, header, init, socket, existing, from);
  std::array<uint8_t, CookieKeys::kMaxBytes> sealed;
  const size_t sealed_bytes = core_.cookie_keys.Seal(cookie, sealed);

  const Offer offer = OfferFor(socket, existing);
  InitFields fields = offer.Fields(cookie.terms.local_tag, cookie.terms.local_initial_tsn);
  fields.outbound_streams = cookie.terms.capabilities.outbound_streams;  // No more than the peer takes (section 3.3.3).
  fields.ack = true;
  // A caller that does not know an extension need not hear of it.
  Announce(cookie.terms.capabilities, &fields);
  if (cookie.terms.Authenticates()) fields.auth = cookie.terms.auth->local;
  fields.lists_auth = init.extensions.Has(kChunkAuth);
  fields.cookie = Bytes(sealed.data(), sealed_bytes);
  fields.report = init.report;
  std::array<uint8_t, Strangers::kMaxAnswerBytes> chunk;
  std::vector<IpAddress> own = endpoint_.AddressesFor(to.remote);
  std::erase_if(own, [&](const IpAddress& address) { return !init.Supports(address.family, from.family); });
  const size_t most = kMostAnswerFactor * (kHeaderBytes + init.chunk_bytes) - kHeaderBytes;
  size_t bytes = WriteWithAddresses(fields, own, offer.family, most, chunk);
  if (bytes == 0 || bytes > most) {
    fields.report = {};  // The unknown parameters do not fit into the answer, so the peer is told of none.
    bytes = WriteWithAddresses(fields, own, offer.family, most, chunk);
  }
  // Only an INIT that authenticates, and does not list AUTH among its extensions, is so short.
  if (bytes > most) {
    fields.adaptation.reset();
    bytes = WriteWithAddresses(fields, own, offer.family, most, chunk);
  }
  PacketBuilder reply(core_.host, to, Strangers::kMaxAnswerBytes + kCommonHeaderBytes, endpoint_.port, header.source_port,
                      init.initiate_tag);
  reply.AddCopy({chunk.data(), bytes});
  reply.Send();
  core_.stats.packets_out += reply.packets_sent();
}

// Whether the cookie is for this packet (section 5.1.5, step 3). A caller whose first COOKIE ECHO has not arrived may send the next one from another of its addresses.
bool InitResponder::IsForPacket(const CookieState& cookie, const PacketRoute& from, const PacketHeader& header) const {
  const auto is_source = [&](const IpAddress& address) { return SameHost(address, from.remote); };
  return cookie.terms.local_tag == header.verification_tag && cookie.local_port == endpoint_.port && cookie.peer_port == header.source_port &&
         cookie.peer_udp_port == from.remote_udp_port &&
         (cookie.peer_address == from.remote || std::any_of(cookie.listed.addresses.begin(), cookie.listed.addresses.end(), is_source));
}

bool InitResponder::TakesCookie(const PacketRoute& from, const PacketHeader& header, const CookieState& cookie, const Association* existing) {
  if (existing == nullptr && RefusedForUdpPort(from, header, cookie.terms.peer_tag)) return false;
  const TimeUs age = core_.now - cookie.created;  // We made the cookie, and time does not run back.
  const TimeUs life = cookie.life_ms * kMicrosPerMilli;
  const bool is_present = existing != nullptr && existing->terms().local_tag == cookie.terms.local_tag &&
                          existing->terms().peer_tag == cookie.terms.peer_tag;
  if (age <= life || is_present) return true;
  core_.strangers.AnswerStaleCookie(from, header, cookie.terms.peer_tag, age - life);
  return false;
}

// The chunks are authenticated by the random numbers in the cookie, whatever association there is already: these are its own ones, or those of the life that is to
// begin (RFC 4895 section 6.3).
bool InitResponder::IsAuthentic(const CookieState& cookie, const AuthPart& auth, const Association* existing, std::optional<uint16_t>* key) const {
  // Nor may an end that does not authenticate anything take over an association that wants its COOKIE ECHO authenticated.
  const bool is_guarded = existing != nullptr && existing->auth() != nullptr && existing->auth()->Requires(kChunkCookieEcho);
  if (!cookie.terms.Authenticates()) return auth.empty() && !is_guarded;
  const Socket* const socket = SocketFor(existing);
  const bool has_keys = existing != nullptr && existing->auth() != nullptr;
  const Offer offer = socket == nullptr ? Offer{} : OfferFor(*socket, existing);
  if (!has_keys && offer.auth == nullptr) return false;
  Auth check(has_keys ? existing->auth()->keys() : offer.auth->keys);
  check.Begin(cookie.terms.auth->local, cookie.terms.auth->peer);
  if (auth.empty()) return !check.Requires(kChunkCookieEcho);
  if (check.Verify(auth.bytes, auth.chunk_bytes) != Auth::Verdict::kGood) return false;
  *key = check.key_of_peer();
  return true;
}

Association* InitResponder::OnCookieEcho(const PacketRoute& from, const PacketHeader& header, Bytes bytes, const AuthPart& auth, std::optional<uint16_t>* key) {
  const std::optional<CookieState> cookie = core_.cookie_keys.Open(bytes);
  if (!cookie || !IsForPacket(*cookie, from, header)) return nullptr;
  // The association is that of the address that the INIT came from, which has shown that it is the peer's.
  const PacketRoute caller = cookie->peer_address == from.remote ? from : endpoint_.RouteTo(cookie->peer_address, cookie->peer_udp_port);
  if (caller.carrier == 0) return nullptr;
  Association* existing = endpoint_.peers.Find({caller.remote, header.source_port}, caller.remote_udp_port);
  if (!IsAuthentic(*cookie, auth, existing, key)) {
    ++core_.stats.unauthenticated;
    return nullptr;
  }
  if (!TakesCookie(caller, header, *cookie, existing)) return nullptr;
  if (existing != nullptr) {
    bool goes_on = false;
    Association* association = ForExisting(*existing, *cookie, from, &goes_on);
    if (!goes_on) return association;
  }
  return Welcome(from, caller, header, *cookie);
}

Association* InitResponder::ForExisting(Association& existing, const CookieState& cookie, const PacketRoute& from, bool* goes_on) {
  const bool same_local = cookie.terms.local_tag == existing.terms().local_tag;
  const bool same_peer = cookie.terms.peer_tag == existing.terms().peer_tag;
  if (same_local) {
    if (same_peer) {
      existing.OnCookieOfOurs(from);
    } else {
      existing.OnCollision(cookie, from);
    }
    return &existing;
  }
  if (same_peer || !existing.IsTiedTo(cookie)) return nullptr;
  if (existing.state() == TcbState::kShutdownAckSent) {
    existing.RefuseCookieInShutdown();
    return nullptr;
  }
  if (existing.socket() != nullptr) {
    if (!existing.socket()->HasPeerRoom()) return nullptr;
    existing.Restart(cookie, from);
    return &existing;
  }
  // The socket of the existing association has been closed, and it was only finishing. The newcomer gets a new association.
  existing.Abandon();
  *goes_on = true;
  return nullptr;
}

Association* InitResponder::Welcome(const PacketRoute& from, const PacketRoute& caller, const PacketHeader& header, const CookieState& cookie) {
  Socket* socket = endpoint_.Listener();
  const uint32_t tag = cookie.terms.peer_tag;
  // As on Linux, a peer that is one too many for the backlog is refused here, not at its INIT, and without a cause (sctp_sf_do_5_1D_ce).
  if (socket == nullptr || !socket->HasAcceptRoom()) {
    core_.strangers.Refuse(caller, header, tag, kCauseNone);
    return nullptr;
  }
  // INITs cost nothing and are not counted, so any number of cookies may be out.
  if (!HasRoomFor(*socket, caller.remote)) {
    RefuseForNumber(caller, header, tag);
    return nullptr;
  }
  if (!socket->HasPeerRoom()) {
    core_.strangers.Refuse(caller, header, tag, kCauseOutOfResource);
    return nullptr;
  }
  Socket& owner = socket->params.one_to_one ? core_.AddBeside(*socket) : *socket;
  Association& association = core_.Add(std::make_unique<Association>(core_, endpoint_, owner, caller, header.source_port));
  association.Establish(cookie, from);
  if (&owner != socket) socket->AddAccepted(owner.id);
  return &association;
}

}  // namespace mailport::sctp
