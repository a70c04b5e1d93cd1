// The core of an engine: the tables, timers, time and counters that its sockets, endpoints and associations share. Only the engine's own files include this.
#pragma once

#include <memory>
#include <set>
#include <unordered_map>
#include <vector>

#include "auth_settings.h"
#include "charges.h"
#include "cookie.h"
#include "engine.h"
#include "leaving.h"
#include "peer_table.h"
#include "rate_limit.h"
#include "strangers.h"
#include "timers.h"
#include "rx/inbound.h"
#include "tx/segments.h"

namespace mailport::sctp {

class Association;
class Endpoint;
class Socket;

class Core {
 public:
  static constexpr size_t kMaxAssociations = 1u << 18;
  static constexpr AssocId kFirstAssocId = 3;  // EV-20.

  explicit Core(Host& the_host);
  ~Core();

  uint32_t Random32();
  uint32_t RandomTag();  // Never 0.
  void RotateCookieKey();
  // The key vector of an end of ours, with a random number of its own.
  KeyVector NewKeyVector(const AuthSettings& settings);

  Socket* FindSocket(SocketId id) const;
  Association* FindAssociation(AssocId id) const;
  Endpoint* FindEndpoint(CarrierId carrier, uint16_t port) const;
  // The endpoint that a socket with these parameters opens. Null: a socket has one of its carriers, or they belong to several endpoints.
  Endpoint* EndpointFor(const OpenParams& params);
  // Another address for an endpoint, and one less (no association tells new peers of it). False: another endpoint has it.
  bool AddHome(Endpoint& endpoint, CarrierId carrier);
  void RemoveHome(Endpoint& endpoint, CarrierId carrier);
  // An association has come to the endpoint, or gone from it: carriers are kept as long as associations may use them.
  void CountAssociation(const Endpoint& endpoint, bool has_come);

  AssocId NewAssocId();
  Association& Add(std::unique_ptr<Association> association);
  // The association has left all tables; it is destroyed once no call can be inside it.
  void Bury(Association& association);
  void Sweep();
  void MarkDirty(Association& association);
  // Memory may have ceased to be short: peers hear of their windows.
  void RelieveSqueezed();
  // Sent data is held no longer: the senders that wait for their share of that memory are to be looked at.
  void NoteSendRoom() { sender_looks = waiting_senders.size(); }
  bool OwesSendRoom() const { return sender_looks != 0 && !sends.IsFull(); }
  void RelieveSenders();
  // Aborts associations of closed sockets as long as these keep more than their part of the sending limit.
  void TrimLeaving();

  void DropEndpointIfUnused(Endpoint& endpoint);
  // Makes a one-to-one socket on the port of `socket`, with the same options (PO-12).
  Socket& AddBeside(const Socket& socket);

  Host& host;
  TimeUs now = 0;
  TimerQueue timers;
  SegmentPool segments;
  Inbound::Pool inbound_pool;
  Stats stats;
  CookieKeys cookie_keys;
  SipKey sip_key;
  Strangers strangers{*this};
  RateLimit init_answers{20000, 20000};
  AssocId next_assoc_id = kFirstAssocId;
  SocketId next_socket_id = 1;
  static constexpr size_t kMaxHeldBytes = size_t{512} << 20;
  Charges charges{nullptr, kMaxHeldBytes};
  Charges sends{nullptr, kMaxHeldBytes};
  std::unordered_map<SocketId, std::unique_ptr<Socket>> sockets;
  std::unordered_map<const Endpoint*, std::unique_ptr<Endpoint>> endpoints;
  std::unordered_map<uint64_t, Endpoint*> by_home;  // By carrier and port.
  std::unordered_map<AssocId, std::unique_ptr<Association>> associations;
  uint64_t closing_progress = 0;  // Grows whenever a peer of a closed socket takes data, or its association ends.
  size_t lingering = 0;           // Associations of closed sockets whose time the user has set (SO_LINGER).
  std::unordered_map<CarrierId, size_t> associations_on;  // Number of associations of each carrier that has any.
  // Addresses that peers have listed and not confirmed. Each costs some 400 bytes, and a stranger can list any: beyond the limit an association gets one.
  static constexpr size_t kMaxUnconfirmedPaths = 1u << 15;
  size_t unconfirmed_paths = 0;
  std::vector<Association*> dirty;
  std::vector<SocketId> blocked;  // Sockets whose item the host had no room for.
  std::set<AssocId> squeezed;     // Associations whose peers were told of a narrower window while memory was short.
  uint64_t reliefs_seen = 0;
  // Associations whose senders wait for their share of `sends`, and how many of them have not been looked at since room came.
  std::set<AssocId> waiting_senders;
  size_t sender_looks = 0;
  Leaving leaving;

 private:
  static constexpr size_t kLooksPerFlush = 64;
  static constexpr size_t kLeavingParts = 4;
  std::vector<std::unique_ptr<Association>> graveyard_;
  AssocId looked_at_ = 0;  // The waiting sender that was looked at last; the next one comes after it.
  mutable Association* last_association_ = nullptr;
  mutable Socket* last_socket_ = nullptr;
  friend class Engine;
};

}  // namespace mailport::sctp
