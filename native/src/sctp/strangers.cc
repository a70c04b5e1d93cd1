#include "strangers.h"

#include <algorithm>
#include <array>

#include "core.h"
#include "packet/error_causes.h"
#include "packet/init_chunk.h"

namespace mailport::sctp {

namespace {

constexpr size_t kMaxInfoBytes = 4;  // Information in the causes that strangers are told.

// The answer to a packet out of the blue.
struct Reply {
  uint8_t type = kChunkAbort;
  uint8_t flags = kTagReflected;
  uint32_t tag = 0;  // 0: no answer.
};

Reply ReplyTo(const PacketHeader& header, Bytes packet) {
  Reply reply;
  reply.tag = header.verification_tag;
  ChunkReader chunks(packet);
  Chunk chunk;
  for (bool first = true; chunks.Next(&chunk); first = false) {
    switch (chunk.type) {
      case kChunkAbort:
      case kChunkShutdownComplete:
      case kChunkCookieAck:
        return {};
      case kChunkError:
        if (chunk.value().size() >= kCauseHeaderBytes && Load16(chunk.value().data()) == kCauseStaleCookie) return {};
        break;
      case kChunkInit:
        if (!first || header.verification_tag != 0 || chunk.bytes.size() < kInitHeaderBytes) return {};
        reply.tag = Load32(&chunk.bytes[4]);
        reply.flags = 0;
        break;
      case kChunkShutdownAck:
        if (first) reply.type = kChunkShutdownComplete;
        break;
      default:
        break;
    }
  }
  if (chunks.broken()) return {};
  return reply;
}

}  // namespace

bool Strangers::IsUnicast(const IpAddress& address) {
  if (address.family == 4) return address.bytes[0] < 224 && !address.IsAny();
  return address.bytes[0] != 0xff && !address.IsAny();
}

void Strangers::OutOfTheBlue(const PacketRoute& from, const PacketHeader& header, Bytes packet) {
  ++core_.stats.out_of_the_blue;
  if (!IsUnicast(from.remote)) return;
  const Reply reply = ReplyTo(header, packet);
  Answer(from, header, reply.tag, reply.type, reply.flags, {});
}

void Strangers::Refuse(const PacketRoute& from, const PacketHeader& header, uint32_t tag, Cause cause, Bytes cause_info) {
  // On the stack: a caller that is refused costs no allocation.
  std::array<uint8_t, kCauseHeaderBytes + kMaxInfoBytes> value;
  const size_t bytes = cause == kCauseNone ? 0 : kCauseHeaderBytes + cause_info.size();
  if (bytes != 0) WriteCause(cause, cause_info, value.data());
  Answer(from, header, tag, kChunkAbort, 0, Bytes(value).first(bytes));
}

void Strangers::AnswerStaleCookie(const PacketRoute& from, const PacketHeader& header, uint32_t tag, TimeUs late_us) {
  std::array<uint8_t, kMaxInfoBytes> info;
  Store32(info.data(), static_cast<uint32_t>(std::min<TimeUs>(late_us, UINT32_MAX)));
  std::array<uint8_t, kCauseHeaderBytes + kMaxInfoBytes> value;
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
