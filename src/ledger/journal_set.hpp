#pragma once
/// The journals of a folder over a disk that tests can play.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "disk.hpp"
#include "journal_reader.hpp"
#include "segment_writer.hpp"

namespace gatehouse::ledger {

class DiskJournalSet final : public JournalSet, public JournalReader {
 public:
  static core::Result<std::unique_ptr<DiskJournalSet>> open(std::unique_ptr<Disk> disk,
                                                            JournalOptions options,
                                                            std::size_t writers);
  ~DiskJournalSet() override;

  Journal& writer(std::size_t index) override { return *journals_.at(index); }
  std::size_t writers() const override { return writers_; }
  JournalReader& reader() override { return *this; }

  std::vector<Stream> streams() const override;
  core::Result<Progress> read(std::uint32_t writer, Position from, std::size_t limit,
                              const Visit& visit) override;
  void release(std::uint32_t writer, Position applied) override;
  Position appended(std::uint32_t writer) const override;
  std::uint64_t pending_bytes(std::uint32_t writer, Position applied) const override;
  void request_sync() override;

  /// Starts the sync thread. A test that does not calls sync_round() itself.
  void start_thread();
  void sync_round();

 private:
  DiskJournalSet(std::unique_ptr<Disk> disk, JournalOptions options);
  core::Result<void> open_journals(std::size_t writers);
  void run();

  std::unique_ptr<Disk> disk_;
  JournalOptions options_;
  FailureLatch failure_;
  std::size_t writers_ = 0;
  // The writers of this run, then chains of writers that there are no more.
  std::vector<std::unique_ptr<SegmentWriter>> journals_;
  std::vector<std::unique_ptr<SegmentChain>> orphans_;
  SegmentChain* chain_of(std::uint32_t writer) const;
  bool of_this_run(std::uint32_t writer, std::uint32_t sequence) const;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool asked_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace gatehouse::ledger
