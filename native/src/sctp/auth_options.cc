#include "auth_options.h"

#include <cerrno>

#include "association.h"
#include "socket.h"

namespace mailport::sctp {

namespace {

constexpr size_t kKeyHeadWords = 2;

// A setting of future associations. Present ones hold the settings that they began with.
template <typename Change>
int ChangeSettings(Socket& socket, Change change) {
  AuthSettings changed = *socket.options.auth;
  const int error = change(changed);
  if (error == 0) socket.options.auth = std::make_shared<const AuthSettings>(std::move(changed));
  return error;
}

template <typename Change>
int ChangeKeys(Socket& socket, Association* association, Change change) {
  if (association != nullptr) return association->auth()->ChangeKeys(change);
  return ChangeSettings(socket, [&](AuthSettings& settings) { return change(settings.keys); });
}

int SetKey(Socket& socket, Association* association, std::span<const uint32_t> values) {
  if (values.size() < kKeyHeadWords || values[0] > UINT16_MAX || values[1] == 0 || values[1] > 4 * (values.size() - kKeyHeadWords)) return EINVAL;
  std::vector<uint8_t> bytes(4 * (values.size() - kKeyHeadWords));
  for (size_t word = kKeyHeadWords; word < values.size(); ++word) Store32(&bytes[4 * (word - kKeyHeadWords)], values[word]);
  const Bytes key = Bytes(bytes).first(values[1]);
  return ChangeKeys(socket, association, [&](AuthKeys& keys) { return keys.Set(static_cast<uint16_t>(values[0]), key); });
}

// The key may come back into use only by being set again.
int Deactivate(Socket& socket, Association* association, uint16_t id) {
  bool was_in_use = false;
  const int error = ChangeKeys(socket, association, [&](AuthKeys& keys) { return keys.Deactivate(id, &was_in_use); });
  if (error == 0 && association != nullptr && was_in_use) association->TellFreeKey(id);
  return error;
}

// What is offered to peers of future associations. As on Linux, who offers both authenticates what changes addresses, and goes on to list it.
int SetOffer(Socket& socket, bool* offer, bool wanted) {
  *offer = wanted;
  static constexpr uint32_t kAsconf[] = {kChunkAsconf, kChunkAsconfAck};
  if (!socket.options.offers_auth || !socket.options.offers_asconf) return 0;
  return ChangeSettings(socket, [](AuthSettings& settings) { return settings.AddChunks(kAsconf); });
}

void PushTypes(const ChunkTypes& types, std::vector<uint32_t>* values) {
  for (uint32_t type = 0; type < types.size(); ++type)
    if (types[type]) values->push_back(type);
}

}  // namespace

bool IsAuthOption(Option option) {
  return (option >= Option::kAuthSupported && option <= Option::kLocalAuthChunks) || option == Option::kAsconfSupported;
}

// As on Linux, what is told to peers is the endpoint's, whichever association is named.
int SetAuthOption(Socket& socket, Association* association, Option option, std::span<const uint32_t> values) {
  const bool is_list = option == Option::kAuthChunk || option == Option::kHmacIdent || option == Option::kAuthKey;
  if (option == Option::kPeerAuthChunks || option == Option::kLocalAuthChunks || (!is_list && values.size() != 1)) return EINVAL;
  if (option == Option::kAuthSupported) return SetOffer(socket, &socket.options.offers_auth, values[0] != 0);
  if (option == Option::kAsconfSupported) return SetOffer(socket, &socket.options.offers_asconf, values[0] != 0);
  const bool of_endpoint = option == Option::kAuthChunk || option == Option::kHmacIdent;
  if (of_endpoint || association == nullptr ? !socket.options.offers_auth : association->auth() == nullptr) return EACCES;
  if (option == Option::kHmacIdent) return ChangeSettings(socket, [&](AuthSettings& settings) { return settings.SetHmacs(values); });
  if (option == Option::kAuthKey) return SetKey(socket, association, values);
  if (option == Option::kAuthChunk) return values.empty() ? EINVAL : ChangeSettings(socket, [&](AuthSettings& settings) { return settings.AddChunks(values); });
  if (values[0] > UINT16_MAX) return EINVAL;
  const auto id = static_cast<uint16_t>(values[0]);
  switch (option) {
    case Option::kAuthActiveKey:
      return ChangeKeys(socket, association, [&](AuthKeys& keys) { return keys.Activate(id); });
    case Option::kAuthDeleteKey:
      return ChangeKeys(socket, association, [&](AuthKeys& keys) { return keys.Delete(id); });
    default:
      return Deactivate(socket, association, id);
  }
}

int GetAuthOption(const Socket& socket, const Association* association, Option option, std::vector<uint32_t>* values) {
  const Auth* const auth = association == nullptr ? nullptr : association->auth();
  const bool has_auth = association == nullptr ? socket.options.offers_auth : auth != nullptr;
  values->clear();
  if (option == Option::kAuthSupported) {
    *values = {has_auth ? 1u : 0u};
    return 0;
  }
  if (option == Option::kAsconfSupported) {
    *values = {(association != nullptr ? association->terms().capabilities.asconf : socket.options.offers_asconf) ? 1u : 0u};
    return 0;
  }
  if (option == Option::kHmacIdent ? !socket.options.offers_auth : !has_auth) return EACCES;
  switch (option) {
    case Option::kHmacIdent:
      values->assign(socket.options.auth->hmacs.begin(), socket.options.auth->hmacs.end());
      return 0;
    case Option::kAuthActiveKey:
      *values = {(auth != nullptr ? auth->keys() : socket.options.auth->keys).active()};
      return 0;
    case Option::kPeerAuthChunks:
      if (auth == nullptr) return EINVAL;
      PushTypes(auth->peer_wants(), values);
      return 0;
    case Option::kLocalAuthChunks:
      if (auth != nullptr) PushTypes(auth->local_wants(), values);
      else values->assign(socket.options.auth->chunks.begin(), socket.options.auth->chunks.end());
      return 0;
    default:
      return EINVAL;
  }
}

}  // namespace mailport::sctp
