#include "strangers.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core.h"
#include "packet/error_causes.h"
#include "packet/init_chunk.h"

namespace mailport::sctp {

namespace {

// The answer to a packet out of the blue.
struct Reply {
  uint8_t type = kChunkAbort;
  uint8_t flags = kTagReflected;
  uint32_t tag = 0;  // 0: no answer.
};

// A cookie for a port that nobody has: silence if it is not ours (section 5.1.5), and a refusal under the peer's own tag if it is.
Reply ReplyToCookie(const Core& core, const PacketHeader& header, Bytes bytes) {
  const std::optional<CookieState> cookie = core.cookie_keys.Open(bytes);
  const bool ours = cookie && cookie->terms.local_tag == header.verification_tag && cookie->local_port == header.destination_port &&
                    cookie->peer_port == header.source_port;
  return ours ? Reply{kChunkAbort, 0, cookie->terms.peer_tag} : Reply{};
}

// The rules of section 8.4, in their order. The chunks of the packet are looked at once.
Reply ReplyTo(const Core& core, const PacketHeader& header, Bytes packet) {
  ChunkReader chunks(packet);
  Chunk chunk;
  Bytes cookie;
  bool shutdown_ack = false, needs_none = false;
  // A packet is out of the blue as if its AUTH chunk were not there (RFC 4895 section 6.3).
  for (bool first = true, alone = true; chunks.Next(&chunk); first = first && chunk.type == kChunkAuth, alone = false) {
    switch (chunk.type) {
      case kChunkAbort:
        return {};
      case kChunkInit:
        // An INIT travels alone and under tag 0 (section 8.5.1 A).
        if (!alone || !chunks.AtEnd() || header.verification_tag != 0 || chunk.bytes.size() < kInitHeaderBytes) return {};
        return {kChunkAbort, 0, Load32(&chunk.bytes[4])};
      case kChunkCookieEcho:
        if (first) cookie = chunk.value();
        if (first && cookie.empty()) return {};
        break;
      case kChunkShutdownAck:
        shutdown_ack = true;
        break;
      case kChunkShutdownComplete:
      case kChunkCookieAck:
        needs_none = true;
        break;
      case kChunkError:
        needs_none |= HasCause(chunk.value(), kCauseStaleCookie);
        break;
      default:
        break;
    }
  }
  if (chunks.broken()) return {};
  if (!cookie.empty()) return ReplyToCookie(core, header, cookie);
  if (shutdown_ack) return {kChunkShutdownComplete, kTagReflected, header.verification_tag};
  if (needs_none) return {};
  return {kChunkAbort, kTagReflected, header.verification_tag};
}

}  // namespace

bool Strangers::IsUnicast(const PacketRoute& route) {
  const auto is_group = [](const IpAddress& address) { return address.family == 4 ? address.bytes[0] >= 224 : address.bytes[0] == 0xff; };
  return !route.remote.IsAny() && !is_group(route.remote) && !(route.local.family != 0 && is_group(route.local));
}

void Strangers::OutOfTheBlue(const PacketRoute& from, const PacketHeader& header, Bytes packet) {
  ++core_.stats.out_of_the_blue;
  if (!IsUnicast(from)) return;
  const Reply reply = ReplyTo(core_, header, packet);
  Answer(from, header, reply.tag, reply.type, reply.flags, {});
}

void Strangers::Refuse(const PacketRoute& from, const PacketHeader& header, uint32_t tag, Cause cause, Bytes cause_info) {
  // On the stack: a caller that is refused costs no allocation.
  std::array<uint8_t, kCauseHeaderBytes + kMaxInfoBytes> value;
  cause_info = cause_info.first(std::min(cause_info.size(), kMaxInfoBytes));
  const size_t bytes = cause == kCauseNone ? 0 : kCauseHeaderBytes + cause_info.size();
  if (bytes != 0) WriteCause(cause, cause_info, value.data());
  Answer(from, header, tag, kChunkAbort, 0, Bytes(value).first(bytes));
}

void Strangers::AnswerStaleCookie(const PacketRoute& from, const PacketHeader& header, uint32_t tag, TimeUs late_us) {
  std::array<uint8_t, kStaleCookieBytes - kCauseHeaderBytes> info;
  Store32(info.data(), static_cast<uint32_t>(std::min<TimeUs>(late_us, UINT32_MAX)));
  std::array<uint8_t, kStaleCookieBytes> value;
  WriteCause(kCauseStaleCookie, info, value.data());
  Answer(from, header, tag, kChunkError, 0, value);
}

void Strangers::Answer(const PacketRoute& from, const PacketHeader& header, uint32_t tag, uint8_t type, uint8_t flags, Bytes value) {
  // Tag 0 belongs to an INIT alone, so no answer may carry it (section 8.5).
  if (tag == 0 || !limit_.Allow(core_.now)) return;
  PacketBuilder reply(core_.host, from, kMaxAnswerBytes, header.destination_port, header.source_port, tag);
  reply.AddChunk(type, flags, value);
  reply.Send();
  core_.stats.packets_out += reply.packets_sent();
}

}  // namespace mailport::sctp
