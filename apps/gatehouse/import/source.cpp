#include "source.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "gatehouse/core/text.hpp"

namespace gatehouse::app::import {
namespace {

/// A file's bytes, mapped.
class Mapping {
 public:
  static core::Result<std::unique_ptr<Mapping>> open(const std::string& file) {
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat facts{};
    if (descriptor < 0 || ::fstat(descriptor, &facts) != 0) {
      if (descriptor >= 0) ::close(descriptor);
      return core::fail(core::Errc::io, "cannot read " + file);
    }
    const auto size = static_cast<std::size_t>(facts.st_size);
    void* data = nullptr;
    if (size != 0) data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    ::close(descriptor);
    if (data == MAP_FAILED) return core::fail(core::Errc::io, "cannot read " + file);
    return std::unique_ptr<Mapping>(new Mapping(static_cast<const char*>(data), size));
  }
  ~Mapping() {
    if (size_ != 0) ::munmap(const_cast<char*>(data_), size_);  // NOLINT: mmap gave it
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  std::string_view text() const noexcept { return {data_, size_}; }

 private:
  Mapping(const char* data, std::size_t size) : data_(data), size_(size) {}
  const char* data_;
  std::size_t size_;
};

class CsvSource final : public RowSource {
 public:
  explicit CsvSource(std::unique_ptr<Mapping> file)
      : file_(std::move(file)), size_(file_->text().size()), reader_(file_->text()) {}
  explicit CsvSource(std::string text)
      : text_(std::move(text)), size_(text_.size()), reader_(text_) {}

  core::Result<bool> next(SourceRow& row) override {
    if (!started_) {
      started_ = true;
      auto first = reader_.next(row.values());
      if (!first || !*first) return first;
      row.set_columns(row.values());
    }
    return reader_.next(row.values());
  }
  std::uint64_t line() const override { return reader_.line(); }
  unsigned percent() const override {
    return size_ == 0 ? 100 : static_cast<unsigned>(reader_.consumed() * 100 / size_);
  }

 private:
  std::unique_ptr<Mapping> file_;
  std::string text_;
  std::size_t size_;
  CsvReader reader_;
  bool started_ = false;
};

std::string normal_name(std::string_view name) {
  std::string out = core::to_lower(name);
  if (out.starts_with("litellm_")) out.erase(0, 8);
  return out;
}

class FolderDump final : public Dump {
 public:
  explicit FolderDump(std::string folder) : folder_(std::move(folder)) {}

  core::Result<std::unique_ptr<RowSource>> open(std::string_view table) override {
    std::error_code error;
    std::filesystem::directory_iterator files(folder_, error);
    if (error) return core::fail(core::Errc::not_found, "cannot read the folder " + folder_);
    for (const auto& file : files) {
      const auto& path = file.path();
      if (path.extension() != ".csv" || normal_name(path.stem().string()) != normal_name(table)) {
        continue;
      }
      return open_file(path.string());
    }
    return std::unique_ptr<RowSource>();
  }

 private:
  std::string folder_;
};

}  // namespace

void SourceRow::set_columns(const CsvRow& names) {
  columns_.clear();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto& name = names[i];
    if (name) columns_.emplace(*name, i);
  }
}

std::optional<std::string_view> SourceRow::find(std::string_view column) const {
  const auto found = columns_.find(column);
  if (found == columns_.end() || found->second >= values_.size()) return std::nullopt;
  const auto& value = values_[found->second];
  if (!value) return std::nullopt;
  return std::string_view(*value);
}

std::unique_ptr<Dump> open_folder(const std::string& folder) {
  return std::make_unique<FolderDump>(folder);
}

core::Result<std::unique_ptr<RowSource>> open_file(const std::string& file) {
  auto mapping = Mapping::open(file);
  if (!mapping) return core::pass(mapping);
  return std::unique_ptr<RowSource>(std::make_unique<CsvSource>(std::move(*mapping)));
}

std::unique_ptr<RowSource> read_text(std::string text) {
  return std::make_unique<CsvSource>(std::move(text));
}

}  // namespace gatehouse::app::import
