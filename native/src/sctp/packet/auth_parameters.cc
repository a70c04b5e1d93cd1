#include "auth_parameters.h"

#include <algorithm>

namespace mailport::sctp {

namespace {

void Append(std::vector<uint8_t>* to, Bytes bytes) { to->insert(to->end(), bytes.begin(), bytes.end()); }

void AppendHeader(KeyVector* vector, uint16_t type, size_t value_bytes) {
  uint8_t header[kParamHeaderBytes];
  Store16(header, type);
  Store16(header + 2, static_cast<uint32_t>(kParamHeaderBytes + value_bytes));
  Append(vector, header);
}

// Whether `a` comes first: as numbers in network byte order, and of equal numbers the shorter one.
bool IsSmaller(Bytes a, Bytes b) {
  const auto without_zeros = [](Bytes bytes) {
    const auto first = std::find_if(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte != 0; });
    return bytes.subspan(static_cast<size_t>(first - bytes.begin()));
  };
  const Bytes number_a = without_zeros(a), number_b = without_zeros(b);
  if (number_a.size() != number_b.size()) return number_a.size() < number_b.size();
  const auto [at_a, at_b] = std::mismatch(number_a.begin(), number_a.end(), number_b.begin());
  return at_a != number_a.end() ? *at_a < *at_b : a.size() < b.size();
}

}  // namespace

bool AuthParams::Take(Bytes param) {
  const auto keep = [&](Bytes* place) {
    repeated |= !place->empty();
    if (place->empty()) *place = param;
    return true;
  };
  switch (Load16(param.data())) {
    case kParamRandom:
      return keep(&random);
    case kParamChunkList:
      return keep(&chunks);
    case kParamHmacAlgo:
      return keep(&hmacs);
    default:
      return false;
  }
}

bool AuthParams::IsViolation() const {
  if (repeated) return true;
  if (!random.empty() && random.size() != kParamHeaderBytes + kAuthRandomBytes) return true;
  if (hmacs.empty()) return false;
  for (size_t at = kParamHeaderBytes; at + 2 <= hmacs.size(); at += 2)
    if (Load16(&hmacs[at]) == kHmacSha1) return false;
  return true;
}

KeyVector AuthParams::Vector() const {
  KeyVector vector;
  if (!IsOffer() || random.size() + chunks.size() + hmacs.size() > kMaxKeyVectorBytes) return vector;
  for (const Bytes part : {random, chunks, hmacs}) Append(&vector, part);
  return vector;
}

KeyVector MakeRandomParam(std::span<const uint8_t, kAuthRandomBytes> random) {
  KeyVector param;
  AppendHeader(&param, kParamRandom, random.size());
  Append(&param, random);
  return param;
}

KeyVector MakeKeyVector(std::span<const uint8_t, kAuthRandomBytes> random, std::span<const uint8_t> chunks, std::span<const uint16_t> hmacs) {
  KeyVector vector = MakeRandomParam(random);
  if (!chunks.empty()) {
    AppendHeader(&vector, kParamChunkList, chunks.size());
    Append(&vector, chunks);
  }
  AppendHeader(&vector, kParamHmacAlgo, 2 * hmacs.size());
  for (const uint16_t id : hmacs) {
    uint8_t bytes[2];
    Store16(bytes, id);
    Append(&vector, bytes);
  }
  return vector;
}

AuthLists ListsOf(std::span<const uint8_t> vector) {
  AuthLists lists;
  ForEachParam(vector, [&](Bytes param) {
    const uint16_t type = Load16(param.data());
    const Bytes value = param.subspan(kParamHeaderBytes);
    if (type == kParamChunkList) {
      for (const uint8_t chunk : value)
        if (CanBeAuthenticated(chunk)) lists.chunks.set(chunk);
    } else if (type == kParamHmacAlgo) {
      for (size_t at = 0; at + 2 <= value.size(); at += 2) lists.hmacs.push_back(Load16(&value[at]));
    }
  });
  return lists;
}

std::vector<uint8_t> AssociationKey(std::span<const uint8_t> pair_key, Bytes one, Bytes other) {
  std::vector<uint8_t> key(pair_key.begin(), pair_key.end());
  const bool in_order = IsSmaller(one, other);
  Append(&key, in_order ? one : other);
  Append(&key, in_order ? other : one);
  return key;
}

}  // namespace mailport::sctp
