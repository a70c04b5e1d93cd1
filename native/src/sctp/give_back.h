// Frees the memory of containers that are no longer needed.
#pragma once

#include <vector>

namespace mailport::sctp {

// Empties a vector and gives its memory back. Assigning `{}` empties it and keeps the memory.
template <typename T>
void GiveBack(std::vector<T>& vector) {
  vector = std::vector<T>();
}

}  // namespace mailport::sctp
