// ASCONF and ASCONF-ACK (RFC 5061 sections 4.1, 4.2): requests of one end about its own addresses, and the answers.
//
//   | type = 193 | flags | length |      | type = 128 | flags | length |
//   | serial number               |      | serial number               |
//   | an address of the sender    |      | answers ...                 |
//   | requests ...                |
//
// A request or an answer is a parameter with a number that its sender has chosen, and in it an address, or what was wrong with a request:
//
//   | type | length               |
//   | correlation identifier      |
//   | address parameter or causes |
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "packet.h"

namespace mailport::sctp {

constexpr size_t kAsconfHeaderBytes = 8;
constexpr size_t kAsconfParamHeaderBytes = 8;
constexpr size_t kMaxAddressParamBytes = 20;

// The address parameter that `bytes` begin with. None: there is none, or it is not whole.
inline std::optional<IpAddress> ParseAddressParam(Bytes bytes, size_t* length) {
  if (bytes.size() < kParamHeaderBytes) return std::nullopt;
  const uint16_t type = Load16(bytes.data());
  *length = Load16(&bytes[2]);
  const size_t address_bytes = type == kParamIpv4 ? 4 : 16;
  if ((type != kParamIpv4 && type != kParamIpv6) || *length != kParamHeaderBytes + address_bytes || bytes.size() < *length) return std::nullopt;
  IpAddress address;
  address.family = type == kParamIpv4 ? 4 : 6;
  std::memcpy(address.bytes.data(), &bytes[kParamHeaderBytes], address_bytes);
  return address;
}

inline void AppendAddressParam(const IpAddress& address, std::vector<uint8_t>* out) {
  const size_t address_bytes = address.family == 6 ? 16 : 4;
  const size_t at = out->size();
  out->resize(at + kParamHeaderBytes + address_bytes);
  Store16(&(*out)[at], address.family == 6 ? kParamIpv6 : kParamIpv4);
  Store16(&(*out)[at + 2], static_cast<uint32_t>(kParamHeaderBytes + address_bytes));
  std::memcpy(&(*out)[at + kParamHeaderBytes], address.bytes.data(), address_bytes);
}

// A request, or an answer.
struct AsconfParam {
  uint16_t type = 0;
  uint32_t correlation = 0;
  Bytes whole;  // Header included.
  Bytes value;  // Behind the correlation identifier.
};

// Takes the next parameter off `rest`. False: `rest` is empty, or broken.
inline bool NextAsconfParam(Bytes* rest, AsconfParam* param) {
  if (rest->size() < kAsconfParamHeaderBytes) return false;
  const size_t length = Load16(&(*rest)[2]);
  if (length < kAsconfParamHeaderBytes || length > rest->size()) return false;
  *param = {Load16(rest->data()), Load32(&(*rest)[4]), rest->first(length), rest->subspan(kAsconfParamHeaderBytes, length - kAsconfParamHeaderBytes)};
  *rest = rest->subspan(std::min(Padded(length), rest->size()));
  return true;
}

}  // namespace mailport::sctp
