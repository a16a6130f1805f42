#pragma once
/// CRC-32C (Castagnoli), the checksum of journal frames.

#include <cstddef>
#include <cstdint>

namespace gatehouse::ledger {

/// The checksum of `size` bytes that follow bytes with the checksum `crc` (0: of none).
std::uint32_t crc32c(const void* data, std::size_t size, std::uint32_t crc = 0) noexcept;

/// Without the processor's instruction; for tests and other processors.
std::uint32_t crc32c_by_table(const void* data, std::size_t size, std::uint32_t crc = 0) noexcept;

}  // namespace gatehouse::ledger
