#include "reconfig_chunk.h"

#include <algorithm>

namespace mailport::sctp {

namespace {

constexpr size_t kSequenceBytes = 4;
constexpr size_t kResetOutgoingBytes = kParamHeaderBytes + 12;
constexpr size_t kResetIncomingBytes = kParamHeaderBytes + kSequenceBytes;
constexpr size_t kRestartBytes = kParamHeaderBytes + kSequenceBytes;
constexpr size_t kAddBytes = kParamHeaderBytes + 8;
constexpr size_t kResponseBytes = kParamHeaderBytes + 8;
constexpr size_t kRestartResponseBytes = kResponseBytes + 8;
constexpr uint16_t kUnknownGoOn = 0x8000, kUnknownReport = 0x4000;  // RFC 9260 section 3.2.1

bool IsKnown(uint16_t type) { return type >= kParamResetOutgoing && type <= kParamAddIncoming; }

// Where the streams of a request to reset begin; 0: it is no such request.
size_t StreamsAt(uint16_t type) { return type == kParamResetOutgoing ? kResetOutgoingBytes : type == kParamResetIncoming ? kResetIncomingBytes : 0; }

bool HasRightLength(uint16_t type, size_t bytes) {
  switch (type) {
    case kParamResetOutgoing:
    case kParamResetIncoming:
      return bytes >= StreamsAt(type) && bytes % 2 == 0;
    case kParamRestart:
      return bytes == kRestartBytes;
    case kParamReconfigResponse:
      return bytes == kResponseBytes || bytes == kRestartResponseBytes;
    default:
      return bytes == kAddBytes;
  }
}

bool ParseParam(Bytes bytes, ReconfigParam* param) {
  param->type = Load16(&bytes[0]);
  if (!HasRightLength(param->type, bytes.size())) return false;
  const uint8_t* const value = &bytes[kParamHeaderBytes];
  param->sequence = Load32(value);
  if (const size_t at = StreamsAt(param->type); at != 0) param->streams = bytes.subspan(at);
  if (param->type == kParamResetOutgoing) {
    param->answers = Load32(value + 4);
    param->last_tsn = Load32(value + 8);
  } else if (param->type == kParamReconfigResponse) {
    param->result = static_cast<ReconfigResult>(Load32(value + 4));
    if (bytes.size() == kRestartResponseBytes) param->tsns = {Load32(value + 8), Load32(value + 12)};
  } else if (param->type == kParamAddOutgoing || param->type == kParamAddIncoming) {
    param->streams_added = Load16(value + 4);
  }
  return true;
}

// Section 3.1.
bool MayStandTogether(uint16_t a, uint16_t b) {
  const auto [low, high] = std::minmax(a, b);
  return (low == kParamResetOutgoing && high == kParamResetIncoming) || (low == kParamAddOutgoing && high == kParamAddIncoming) ||
         (low == kParamResetOutgoing && high == kParamReconfigResponse) || (low == kParamReconfigResponse && high == kParamReconfigResponse);
}

}  // namespace

bool ParseReconfig(const Chunk& chunk, ReconfigChunk* reconfig) {
  Bytes rest = chunk.value();
  bool is_unknown = false;
  while (!rest.empty()) {
    const size_t length = rest.size() < kParamHeaderBytes ? 0 : Load16(&rest[2]);
    if (length < kParamHeaderBytes || length > rest.size()) return false;
    const Bytes bytes = rest.first(length);
    rest = rest.subspan(std::min(Padded(length), rest.size()));
    const uint16_t type = Load16(&bytes[0]);
    if (!IsKnown(type)) {
      is_unknown = true;
      if ((type & kUnknownReport) != 0) reconfig->report.push_back(bytes);
      if ((type & kUnknownGoOn) == 0) break;
      continue;
    }
    if (reconfig->count == reconfig->params.size() || !ParseParam(bytes, &reconfig->params[reconfig->count++])) return false;
  }
  if (reconfig->count == 2) return MayStandTogether(reconfig->params[0].type, reconfig->params[1].type);
  return reconfig->count == 1 || is_unknown;
}

size_t ReconfigParamBytes(uint16_t type, size_t list_bytes, bool has_tsns) {
  switch (type) {
    case kParamResetOutgoing:
    case kParamResetIncoming:
      return StreamsAt(type) + list_bytes;
    case kParamRestart:
      return kRestartBytes;
    case kParamReconfigResponse:
      return has_tsns ? kRestartResponseBytes : kResponseBytes;
    default:
      return kAddBytes;
  }
}

void WriteReconfigParam(const ReconfigParam& param, std::vector<uint8_t>* value) {
  const size_t at = Padded(value->size()), bytes = ReconfigParamBytes(param.type, param.streams.size(), param.tsns.has_value());
  value->resize(at + bytes, 0);
  uint8_t* const p = &(*value)[at];
  Store16(p, param.type);
  Store16(p + 2, static_cast<uint32_t>(bytes));
  Store32(p + 4, param.sequence);
  if (!param.streams.empty()) std::memcpy(p + StreamsAt(param.type), param.streams.data(), param.streams.size());
  if (param.type == kParamResetOutgoing) {
    Store32(p + 8, param.answers);
    Store32(p + 12, param.last_tsn);
  } else if (param.type == kParamReconfigResponse) {
    Store32(p + 8, static_cast<uint32_t>(param.result));
    if (param.tsns) {
      Store32(p + 12, param.tsns->senders_next);
      Store32(p + 16, param.tsns->receivers_next);
    }
  } else if (param.type == kParamAddOutgoing || param.type == kParamAddIncoming) {
    Store16(p + 8, param.streams_added);
  }
}

}  // namespace mailport::sctp
