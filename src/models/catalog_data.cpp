#include "catalog_data.hpp"

// GCC 12 has no #embed; the assembler reads the file without costing compile time.
asm(".pushsection .rodata, \"a\", @progbits\n"
    ".balign 64\n"
    ".hidden gatehouse_price_map_begin\n"
    ".hidden gatehouse_price_map_end\n"
    ".global gatehouse_price_map_begin\n"
    ".global gatehouse_price_map_end\n"
    "gatehouse_price_map_begin:\n"
    ".incbin \"" GATEHOUSE_PRICE_MAP
    "\"\n"
    "gatehouse_price_map_end:\n"
    ".zero 64\n"
    ".popsection\n");

extern "C" {
extern const char gatehouse_price_map_begin[];
extern const char gatehouse_price_map_end[];
}

namespace gatehouse::models {

std::string_view embedded_price_map() noexcept {
  return {gatehouse_price_map_begin,
          static_cast<std::size_t>(gatehouse_price_map_end - gatehouse_price_map_begin)};
}

}  // namespace gatehouse::models
