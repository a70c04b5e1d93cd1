// Sending, which is called for every message: Node-API itself, without the wrappers' cost.
#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "../arguments.h"
#include "../record_words.h"
#include "binding.h"

namespace mailport::addon {

namespace {

// Of one call of sendMany.
constexpr uint32_t kMaxSends = 1024;

bool IsAbsent(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  return napi_typeof(env, value, &type) == napi_ok && type == napi_undefined;
}

// Adds the elements of an array to `out`, `count` of them. What a getter or a proxy threw is taken back, because the caller is told EINVAL instead.
bool ReadElements(napi_env env, napi_value array, uint32_t count, std::vector<napi_value>* out) {
  for (uint32_t i = 0; i < count; i++) {
    napi_value element = nullptr;
    if (napi_get_element(env, array, i, &element) != napi_ok) {
      napi_value error = nullptr;
      napi_get_and_clear_last_exception(env, &error);
      return false;
    }
    out->push_back(element);
  }
  return true;
}

bool LengthOf(napi_env env, napi_value array, uint32_t* length) {
  return napi_get_array_length(env, array, length) == napi_ok;
}

io::OutgoingDatagram DatagramOf(const uint32_t* words, sctp::Bytes payload) {
  io::OutgoingDatagram datagram;
  datagram.payload = payload;
  datagram.addressed = words[UdpSendWord::kFamily] != 0;
  datagram.family = static_cast<io::InetFamily>(words[UdpSendWord::kFamily]);
  std::copy_n(words + UdpSendWord::kAddress, datagram.address.size(), datagram.address.begin());
  datagram.scope_id = words[UdpSendWord::kScopeId];
  datagram.port = static_cast<uint16_t>(words[UdpSendWord::kPort]);
  datagram.ancillary.flags = words[UdpSendWord::kFlags];
  datagram.ancillary.tos = words[UdpSendWord::kTos];
  datagram.ancillary.ttl = words[UdpSendWord::kTtl];
  datagram.ancillary.tclass = words[UdpSendWord::kTclass];
  return datagram;
}

}  // namespace

napi_value UdpBinding::SendMany(napi_env env, napi_callback_info info) {
  std::array<napi_value, 4> arguments;
  UdpBinding* binding = Arguments(env, info, &arguments);
  napi_value result = nullptr;
  napi_create_int32(env, binding->SendAll(env, arguments.data()), &result);
  return result;
}

int32_t UdpBinding::SendAll(napi_env env, napi_value* arguments) {
  const auto [socket_value, words_value, payloads, paths] = std::array{arguments[0], arguments[1], arguments[2], arguments[3]};
  uint32_t socket = 0;
  uint32_t count = 0;
  if (stack_->ended() || napi_get_value_uint32(env, socket_value, &socket) != napi_ok || !LengthOf(env, payloads, &count) || count > kMaxSends) return -EINVAL;
  const bool has_paths = !IsAbsent(env, paths);
  uint32_t path_count = 0;
  if (has_paths && (!LengthOf(env, paths, &path_count) || path_count < count)) return -EINVAL;
  // All elements before any memory is looked at: one may be a getter, which may do anything, also call this.
  std::vector<napi_value> elements = std::exchange(elements_, {});
  elements.clear();
  const bool readable = ReadElements(env, payloads, count, &elements) && (!has_paths || ReadElements(env, paths, count, &elements));
  elements_ = std::move(elements);
  if (!readable || stack_->ended()) return -EINVAL;
  napi_typedarray_type type;
  size_t length = 0;
  void* memory = nullptr;
  if (napi_get_typedarray_info(env, words_value, &type, &length, &memory, nullptr, nullptr) != napi_ok || type != napi_uint32_array ||
      length < count * UdpSendWord::kWords) {
    return -EINVAL;
  }
  auto* words = static_cast<uint32_t*>(memory);
  datagrams_.clear();
  paths_.resize(std::max<size_t>(paths_.size(), has_paths ? count : 0));
  for (uint32_t i = 0; i < count; i++) {
    sctp::Bytes payload;
    if (!ReadBytes(env, elements_[i], &payload)) return -EINVAL;
    io::OutgoingDatagram& datagram = datagrams_.emplace_back(DatagramOf(words + i * UdpSendWord::kWords, payload));
    if (!has_paths) continue;
    if (!ReadLatin1(Napi::Value(env, elements_[count + i]), io::kMaxPathBytes + 1, &paths_[i])) return -EINVAL;
    datagram.path = paths_[i];
    // '' is the connected peer.
    datagram.addressed = datagram.addressed && !paths_[i].empty();
  }
  const io::DatagramsSent sent = stack_->SendMany(socket, datagrams_);
  if (sent.error != 0 && sent.count < count) words[sent.count * UdpSendWord::kWords + UdpSendWord::kError] = static_cast<uint32_t>(sent.error);
  return static_cast<int32_t>(sent.count);
}

}  // namespace mailport::addon
