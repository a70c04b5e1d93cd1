// Setting up (RFC 9260 section 5): INIT, COOKIE ECHO and T1 of the calling end, and the tags that tie a cookie to an association that is there already (5.2.2).
// The called end keeps nothing until the cookie comes back: see InitResponder.
#pragma once

#include <memory>
#include <vector>

#include "capabilities.h"
#include "context.h"
#include "cookie.h"
#include "packet/packet.h"
#include "timers.h"

namespace mailport::sctp {

class Handshake {
 public:
  // The association that is set up.
  class View {
   public:
    virtual ~View() = default;
    virtual Offer OfferNow() const = 0;
    virtual const InitMsg& init_options() const = 0;
    virtual const Terms& terms() const = 0;
    virtual const std::vector<IpAddress>& told_addresses() const = 0;
    virtual void SetTerms(const Terms& terms) = 0;
    // Sends a COOKIE ECHO, with the queued control chunks behind it if there is room.
    virtual void SendCookieEcho(Bytes cookie, const Path& path) = 0;
    // The peer's INIT ACK has come: the terms are whole.
    virtual void OnPeerKnown(const PacketRoute& from, const ListedAddresses& listed) = 0;
    virtual void OnEstablished(AssocState change) = 0;
  };

  Handshake(Context& context, View& view, PathSet& paths) : context_(context), view_(view), paths_(paths) {}

  // Calls the peer.
  void Start();
  // The peer's cookie, or its COOKIE ACK, has come: there is nothing left to wait for.
  void Complete();

  void Stop() {
    if (call_ != nullptr) call_->t1.Stop();
  }

  // Each returns false if the chunk does not belong here.
  bool OnInitAck(const PacketRoute& from, const Chunk& chunk);
  bool OnCookieAck();
  bool OnStaleCookie();

  // Marks a cookie that lets the peer of this association begin again; IsTiedTo recognises such a cookie.
  void Tie(CookieState* cookie);
  bool IsTiedTo(const CookieState& cookie) const;
  // Voids the cookies that are tied to the peer's life before this one.
  void Untie() { local_tie_tag_ = 0; }

 private:
  void SendInit();
  void EchoCookie();
  void StartT1();
  void OnT1();
  // The INIT ACK is unusable: tells the peer and the user.
  void Refuse(const InitChunk& init, InitError error);
  void ReportUnknown(const InitChunk& init);

  Context& context_;
  View& view_;
  // The address that the next INIT or COOKIE ECHO goes to. INITs try all addresses in turn. So do COOKIE ECHOs, from the one that has answered on, but for addresses
  // that are not confirmed (section 5.4).
  Path& Called();
  // How many addresses take turns.
  uint32_t Turns() const;

  // Of the calling end, until the association is up.
  struct Call {
    Call(TimerQueue& timers, Handshake* owner);
    uint32_t attempts = 0;
    uint32_t stale_cookies = 0;
    uint32_t cookie_preservative_ms = 0;
    TimeUs echoed_at = 0;         // When the last COOKIE ECHO left.
    std::vector<uint8_t> cookie;  // To be echoed.
    Timer t1;
  };

  PathSet& paths_;
  std::unique_ptr<Call> call_;
  uint32_t local_tie_tag_ = 0, peer_tie_tag_ = 0;  // 0 until an INIT makes them necessary.
};

}  // namespace mailport::sctp
