// INIT and INIT ACK: a header of 20 bytes, then parameters of type, length and value, each padded to four bytes.
//
//   | type = 1 or 2 | flags | length |
//   | initiate tag                   |
//   | advertised receiver window     |
//   | outbound str. | inbound str.   |
//   | initial TSN                    |
//   | parameters ...                 |
#include "init_chunk.h"

#include <algorithm>

#include "wire.h"

namespace mailport::sctp {
namespace {

constexpr size_t kIpv4ParamBytes = 8;
constexpr size_t kIpv6ParamBytes = 20;
constexpr size_t kWordParamBytes = 8;        // Cookie Preservative, Adaptation.
constexpr size_t kMaxKept = 64;              // Addresses, reports.
constexpr size_t kMaxParameters = 256;       // Of an INIT. Nobody has reason to send more; bounds the work for an unknown sender.
constexpr uint16_t kUnknownGoOn = 0x8000;    // RFC 9260 section 3.2.1: skip this parameter and go on.
constexpr uint16_t kUnknownReport = 0x4000;  // Tell the peer.

bool IsUsableIpv4(const uint8_t* p) {
  bool any = Load32(p) == 0;
  bool multicast_or_reserved = p[0] >= 224;  // The limited broadcast address is in this range too.
  return !any && !multicast_or_reserved;
}

bool IsUsableIpv6(const IpAddress& address) {
  static constexpr uint8_t kMappedPrefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  bool multicast = address.bytes[0] == 0xff;
  // Section 3.3.2.1.2: an IPv4-mapped address must not be sent as an IPv6 address.
  bool mapped = std::memcmp(address.bytes.data(), kMappedPrefix, sizeof kMappedPrefix) == 0;
  return !address.IsAny() && !multicast && !mapped;
}

void KeepAddress(const uint8_t* value, uint8_t family, InitChunk* init) {
  IpAddress address;
  address.family = family;
  std::memcpy(address.bytes.data(), value, family == 4 ? 4 : 16);
  if (family == 4 ? !IsUsableIpv4(value) : !IsUsableIpv6(address)) return;
  if (init->addresses.size() < kMaxKept) {
    init->addresses.push_back(address);
  } else {
    init->has_more_addresses = true;
  }
}

void Keep(Bytes bytes, std::vector<Bytes>* list) {
  if (list->size() < kMaxKept) list->push_back(bytes);
}

enum class ParamResult { kGoOn, kStop, kBad };

// Takes one whole parameter, header included and unpadded.
ParamResult ParseParam(Bytes param, bool ack, InitChunk* init) {
  const uint8_t* value = param.data() + kParamHeaderBytes;
  uint16_t type = Load16(param.data());
  switch (type) {
    case kParamIpv4:
      if (param.size() != kIpv4ParamBytes) return ParamResult::kBad;
      KeepAddress(value, 4, init);
      return ParamResult::kGoOn;
    case kParamIpv6:
      if (param.size() != kIpv6ParamBytes) return ParamResult::kBad;
      KeepAddress(value, 6, init);
      return ParamResult::kGoOn;
    case kParamStateCookie:
      if (ack && init->cookie.empty()) init->cookie = param.subspan(kParamHeaderBytes);
      return ParamResult::kGoOn;
    case kParamCookiePreservative:
      if (param.size() != kWordParamBytes) return ParamResult::kBad;
      if (!ack) init->cookie_preservative_ms = Load32(value);
      return ParamResult::kGoOn;
    case kParamHostName:
      init->has_host_name = true;
      init->host_name = param;
      return ParamResult::kGoOn;
    case kParamSupportedTypes:
      init->names_types = true;
      for (size_t at = kParamHeaderBytes; at + 2 <= param.size(); at += 2) {
        init->supports_ipv4 |= Load16(&param[at]) == kParamIpv4;
        init->supports_ipv6 |= Load16(&param[at]) == kParamIpv6;
      }
      return ParamResult::kGoOn;
    case kParamUnrecognized:
      return ParamResult::kGoOn;
    case kParamAdaptation:
      if (param.size() != kWordParamBytes) return ParamResult::kBad;
      init->adaptation = Load32(value);
      return ParamResult::kGoOn;
    case kParamSupportedExtensions:
      for (const uint8_t extension : param.subspan(kParamHeaderBytes)) init->extensions.Add(extension);
      return ParamResult::kGoOn;
    case kParamZeroChecksum:
      // Drafts of the document had it without a method: that says nothing.
      if (param.size() == kWordParamBytes) init->error_detection = Load32(value);
      return ParamResult::kGoOn;
    case kParamForwardTsnSupported:
      if (param.size() != kParamHeaderBytes) return ParamResult::kBad;
      init->forward_tsn = true;
      return ParamResult::kGoOn;
  }
  if (init->auth.Take(param)) return ParamResult::kGoOn;
  if (type & kUnknownReport) Keep(param, &init->report);
  return type & kUnknownGoOn ? ParamResult::kGoOn : ParamResult::kStop;
}

InitError ParseParams(Bytes params, bool ack, InitChunk* init) {
  for (size_t count = 0; !params.empty(); count++) {
    if (!ack && count == kMaxParameters) return InitError::kTooManyParameters;
    if (params.size() < kParamHeaderBytes) return InitError::kTruncated;
    size_t length = Load16(params.data() + 2);
    if (length < kParamHeaderBytes) return InitError::kBadParameter;
    if (length > params.size()) return InitError::kTruncated;
    ParamResult result = ParseParam(params.first(length), ack, init);
    if (result == ParamResult::kBad) return InitError::kBadParameter;
    if (result == ParamResult::kStop) return InitError::kNone;
    params = params.subspan(std::min(Padded(length), params.size()));  // The last one's padding is not in the chunk's length.
  }
  return InitError::kNone;
}

// Appends parameters, each starting at a multiple of four. Once something does not fit, `ok` is false and nothing more is written.
class ParamWriter {
 public:
  explicit ParamWriter(std::span<uint8_t> out) : out_(out), ok_(out.size() >= kInitHeaderBytes) {}

  void Add(uint16_t type, Bytes value) {
    size_t length = kParamHeaderBytes + value.size(), start = Padded(end_);
    ok_ = ok_ && start + Padded(length) <= std::min<size_t>(out_.size(), UINT16_MAX);
    if (!ok_) return;
    uint8_t* p = out_.data() + start;
    Store16(p, type);
    Store16(p + 2, static_cast<uint32_t>(length));
    if (!value.empty()) std::memcpy(p + kParamHeaderBytes, value.data(), value.size());
    std::memset(p + length, 0, Padded(length) - length);
    end_ = start + length;
  }
  void AddWord(uint16_t type, uint32_t word) {
    uint8_t value[4];
    Store32(value, word);
    Add(type, value);
  }

  bool ok() const { return ok_; }
  size_t end() const { return end_; }  // Without the last padding.

 private:
  std::span<uint8_t> out_;
  bool ok_;
  size_t end_ = kInitHeaderBytes;
};

}  // namespace

InitError ParseInit(Bytes chunk, InitChunk* init) {
  if (chunk.size() < kInitHeaderBytes) return InitError::kTruncated;
  init->chunk_bytes = chunk.size();
  const uint8_t* p = chunk.data();
  bool ack = p[0] == kChunkInitAck;
  init->initiate_tag = Load32(p + 4);
  init->a_rwnd = Load32(p + 8);
  init->outbound_streams = Load16(p + 12);
  init->inbound_streams = Load16(p + 14);
  init->initial_tsn = Load32(p + 16);
  if (init->initiate_tag == 0) return InitError::kZeroTag;
  if (init->outbound_streams == 0 || init->inbound_streams == 0) return InitError::kZeroStreams;
  if (init->a_rwnd < kLeastWindowBytes) return InitError::kSmallWindow;
  return ParseParams(chunk.subspan(kInitHeaderBytes), ack, init);
}

size_t WriteInit(const InitFields& fields, uint8_t supported_family, std::span<uint8_t> out) {
  ParamWriter params(out);
  if (fields.ack) params.Add(kParamStateCookie, fields.cookie);
  for (const IpAddress& address : fields.addresses)
    params.Add(address.family == 4 ? kParamIpv4 : kParamIpv6, Bytes(address.bytes).first(address.family == 4 ? 4 : 16));
  if (fields.adaptation) params.AddWord(kParamAdaptation, *fields.adaptation);
  if (!fields.ack) {
    if (fields.cookie_preservative_ms != 0) params.AddWord(kParamCookiePreservative, fields.cookie_preservative_ms);
    static constexpr uint8_t kTypes[4] = {0, kParamIpv4, 0, kParamIpv6};
    static constexpr uint8_t kPadding[64] = {};
    if (fields.padding != 0) params.Add(kParamPad, Bytes(kPadding).first(std::min(fields.padding, sizeof(kPadding))));
    params.Add(kParamSupportedTypes, Bytes(kTypes).first(supported_family == 4 ? 2 : 4));
  }
  if (fields.forward_tsn) params.Add(kParamForwardTsnSupported, {});
  if (fields.error_detection != 0) params.AddWord(kParamZeroChecksum, fields.error_detection);
  Extensions extensions = fields.extensions;
  if (!fields.auth.empty() && fields.lists_auth) extensions.Add(kChunkAuth);
  if (!extensions.empty()) params.Add(kParamSupportedExtensions, extensions.types());
  ForEachParam(fields.auth, [&](Bytes param) { params.Add(Load16(param.data()), param.subspan(kParamHeaderBytes)); });
  if (fields.ack)
    for (Bytes parameter : fields.report) params.Add(kParamUnrecognized, parameter);
  if (!params.ok()) return 0;

  uint8_t* p = out.data();
  p[0] = fields.ack ? kChunkInitAck : kChunkInit;
  p[1] = 0;
  Store16(p + 2, static_cast<uint32_t>(params.end()));
  Store32(p + 4, fields.initiate_tag);
  Store32(p + 8, fields.a_rwnd);
  Store16(p + 12, fields.outbound_streams);
  Store16(p + 14, fields.inbound_streams);
  Store32(p + 16, fields.initial_tsn);
  return Padded(params.end());
}

}  // namespace mailport::sctp
