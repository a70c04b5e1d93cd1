// Numbers on the wire: network byte order, chunk and parameter types, cause codes (RFC 9260 section 3).
#pragma once

#include <cstddef>
#include <cstdint>

namespace mailport::sctp {

inline uint16_t Load16(const uint8_t* p) { return static_cast<uint16_t>(p[0] << 8 | p[1]); }
inline uint32_t Load32(const uint8_t* p) {
  return static_cast<uint32_t>(p[0]) << 24 | static_cast<uint32_t>(p[1]) << 16 | static_cast<uint32_t>(p[2]) << 8 | p[3];
}
inline void Store16(uint8_t* p, uint32_t value) {
  p[0] = static_cast<uint8_t>(value >> 8);
  p[1] = static_cast<uint8_t>(value);
}
inline void Store32(uint8_t* p, uint32_t value) {
  p[0] = static_cast<uint8_t>(value >> 24);
  p[1] = static_cast<uint8_t>(value >> 16);
  p[2] = static_cast<uint8_t>(value >> 8);
  p[3] = static_cast<uint8_t>(value);
}
inline uint64_t Load64(const uint8_t* p) { return static_cast<uint64_t>(Load32(p)) << 32 | Load32(p + 4); }
inline void Store64(uint8_t* p, uint64_t value) {
  Store32(p, static_cast<uint32_t>(value >> 32));
  Store32(p + 4, static_cast<uint32_t>(value));
}
constexpr size_t Padded(size_t length) { return (length + 3) & ~size_t{3}; }

// Serial number arithmetic (RFC 1982, RFC 9260 section 1.6).
inline bool TsnBefore(uint32_t a, uint32_t b) { return static_cast<int32_t>(a - b) < 0; }
inline bool SsnBefore(uint16_t a, uint16_t b) { return static_cast<int16_t>(a - b) < 0; }
inline bool MidBefore(uint32_t a, uint32_t b) { return static_cast<int32_t>(a - b) < 0; }  // RFC 8260

constexpr size_t kCommonHeaderBytes = 12;
constexpr size_t kChunkHeaderBytes = 4;
constexpr size_t kParamHeaderBytes = 4;
constexpr size_t kDataHeaderBytes = 16;
constexpr size_t kIDataHeaderBytes = 20;
constexpr size_t DataHeaderBytes(bool interleaved) { return interleaved ? kIDataHeaderBytes : kDataHeaderBytes; }

enum ChunkType : uint8_t {
  kChunkData = 0,
  kChunkInit = 1,
  kChunkInitAck = 2,
  kChunkSack = 3,
  kChunkHeartbeat = 4,
  kChunkHeartbeatAck = 5,
  kChunkAbort = 6,
  kChunkShutdown = 7,
  kChunkShutdownAck = 8,
  kChunkError = 9,
  kChunkCookieEcho = 10,
  kChunkCookieAck = 11,
  kChunkEcne = 12,
  kChunkCwr = 13,
  kChunkShutdownComplete = 14,
  kChunkAuth = 15,         // RFC 4895
  kChunkIData = 64,        // RFC 8260
  kChunkAsconfAck = 128,   // RFC 5061
  kChunkReconfig = 130,    // RFC 6525
  kChunkPad = 132,         // RFC 4820
  kChunkForwardTsn = 192,  // RFC 3758
  kChunkAsconf = 193,      // RFC 5061
  kChunkIForwardTsn = 194, // RFC 8260
};

// Flags of DATA and I-DATA chunks.
constexpr uint8_t kDataEnd = 1;
constexpr uint8_t kDataBegin = 2;
constexpr uint8_t kDataUnordered = 4;
constexpr uint8_t kDataImmediate = 8;
// ABORT and SHUTDOWN COMPLETE: the verification tag is the one that the sender of the offending packet used.
constexpr uint8_t kTagReflected = 1;

enum ParamType : uint16_t {
  kParamHeartbeatInfo = 1,
  kParamIpv4 = 5,
  kParamIpv6 = 6,
  kParamStateCookie = 7,
  kParamUnrecognized = 8,
  kParamCookiePreservative = 9,
  kParamHostName = 11,
  kParamSupportedTypes = 12,
  // Parameters of RE-CONFIG (RFC 6525 section 4).
  kParamResetOutgoing = 13,
  kParamResetIncoming = 14,
  kParamRestart = 15,
  kParamReconfigResponse = 16,
  kParamAddOutgoing = 17,
  kParamAddIncoming = 18,
  kParamZeroChecksum = 0x8001,  // RFC 9653 section 4
  kParamPad = 0x8005,  // RFC 4820 section 4
  kParamRandom = 0x8002,     // RFC 4895 section 3
  kParamChunkList = 0x8003,
  kParamHmacAlgo = 0x8004,
  kParamSupportedExtensions = 0x8008,  // RFC 5061 section 4.2.7
  kParamForwardTsnSupported = 0xC000,  // RFC 3758 section 3.1
  kParamAddIp = 0xC001,      // RFC 5061 section 4.2, in ASCONF and ASCONF-ACK
  kParamDeleteIp = 0xC002,
  kParamErrorCause = 0xC003,
  kParamSetPrimary = 0xC004,
  kParamSuccess = 0xC005,
  kParamAdaptation = 0xC006,
};

// The one error detection method that is registered beside the checksum: SCTP over DTLS (RFC 9653 section 9).
constexpr uint32_t kErrorDetectionByDtls = 1;

enum Cause : uint16_t {
  kCauseNone = 0,
  kCauseInvalidStream = 1,
  kCauseMissingParam = 2,
  kCauseStaleCookie = 3,
  kCauseOutOfResource = 4,
  kCauseUnresolvableAddress = 5,
  kCauseUnrecognizedChunk = 6,
  kCauseInvalidParam = 7,
  kCauseUnrecognizedParams = 8,
  kCauseNoUserData = 9,
  kCauseCookieInShutdown = 10,
  kCauseRestartNewAddresses = 11,
  kCauseUserAbort = 12,
  kCauseProtocolViolation = 13,
  kCauseDeleteLastAddress = 0x00A0,    // RFC 5061 section 4.3
  kCauseResourceShortage = 0x00A1,
  kCauseDeleteSourceAddress = 0x00A2,
  kCauseIllegalAsconfAck = 0x00A3,
  kCauseNoAuthorization = 0x00A4,
  kCauseUnsupportedHmac = 0x0105,   // RFC 4895 section 4.1
  kCauseRestartNewEncapsPort = 14,  // draft-ietf-tsvwg-rfc6951-bis
};

}  // namespace mailport::sctp
