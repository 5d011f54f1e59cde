#include "ledger/ledger_writer.h"

#include <algorithm>
#include <utility>

namespace drover {
namespace {

constexpr Duration kIdle = hours{1};

// The rows of a time that is booked already.
template <typename T>
std::size_t drop_before(std::vector<T>& rows, Instant until) {
  return std::erase_if(rows, [until](const T& row) { return row.from < until; });
}

}  // namespace

LedgerWriter::LedgerWriter(Open open, Log& log, Telemetry& telemetry, LedgerWriterOptions options)
    : open_(std::move(open)),
      log_(log),
      telemetry_(telemetry),
      options_(std::move(options)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {
  telemetry_.count("drover_ledger_rows_dropped_total", {}, 0);  // so that the first drop is an increase
}

LedgerWriter::~LedgerWriter() {
  thread_.request_stop();
  thread_.join();
}

bool LedgerWriter::put(LedgerRows rows) {
  const std::size_t size = rows.size();
  if (size == 0) return true;
  bool dropped = false;
  bool first = false;
  {
    const MutexLock lock(mutex_);
    dropped = state_.waiting + size > options_.most_rows;
    if (dropped) {
      state_.dropped += size;
      first = !std::exchange(dropping_, true);
    } else {
      state_.waiting += size;
      queue_.push_back(std::move(rows));
    }
  }
  if (!dropped) {
    changed_.notify_all();
    return true;
  }
  telemetry_.count("drover_ledger_rows_dropped_total", {}, static_cast<double>(size));
  if (first)
    log_.error("rows of the ledger are dropped: it is away, or too slow", {{"waiting", std::to_string(options_.most_rows)}});
  return false;
}

bool LedgerWriter::flush(Duration patience) {
  MutexLock lock(mutex_);
  return changed_.wait_for(lock, patience, [&]() DROVER_REQUIRES(mutex_) { return state_.waiting == 0; });
}

LedgerWriter::State LedgerWriter::state() const {
  const MutexLock lock(mutex_);
  return state_;
}

void LedgerWriter::run(const std::stop_token& stop) {
  for (LedgerBatch batch{.writer = options_.writer, .number = 1, .rows = {}}; !stop.stop_requested(); ++batch.number) {
    batch.rows = next(stop);
    if (batch.rows.size() == 0) return;
    write(batch, stop);
  }
}

LedgerRows LedgerWriter::next(const std::stop_token& stop) {
  LedgerRows rows;
  MutexLock lock(mutex_);
  while (!changed_.wait_for(lock, stop, kIdle, [&]() DROVER_REQUIRES(mutex_) { return !queue_.empty(); })) {
    if (stop.stop_requested()) return rows;
  }
  while (!queue_.empty() && rows.size() < options_.batch_rows) {
    rows.take(std::move(queue_.front()));
    queue_.pop_front();
  }
  return rows;
}

void LedgerWriter::write(const LedgerBatch& batch, const std::stop_token& stop) {
  Duration pause = options_.first_backoff;
  while (!stop.stop_requested()) {
    const auto written = try_write(batch);
    if (written) return settled(batch.rows.size(), true);
    note_problem(written.error());
    if (store_ != nullptr && written.error().cls == ErrorClass::Invalid) {
      log_.error("the ledger does not take a batch, which is dropped", {{"rows", std::to_string(batch.rows.size())}});
      return settled(batch.rows.size(), false);
    }
    store_ = nullptr;
    wait(pause, stop);
    pause = std::min(2 * pause, options_.longest_backoff);
  }
}

Status LedgerWriter::try_write(const LedgerBatch& batch) {
  if (store_ == nullptr) {
    auto opened = open_();
    if (!opened) return opened.error();
    store_ = std::move(opened).value();
  }
  if (!opened_once_) {
    const auto booked = store_->booked_until();
    if (!booked) return booked.error();
    booked_until_ = *booked;
    opened_once_ = true;
    log_.info("the ledger is open", {{"bookedUntil", booked_until_ ? to_rfc3339(*booked_until_) : "never"}});
  }
  if (!booked_until_) return store_->append(batch);
  LedgerBatch rest = batch;
  const std::size_t before = drop_before(rest.rows.energy, *booked_until_) + drop_before(rest.rows.shares, *booked_until_) +
                             drop_before(rest.rows.held, *booked_until_) + drop_before(rest.rows.floors, *booked_until_);
  auto written = store_->append(rest);
  // Rows come in the order of time: once none is too early, none will be.
  if (written && before == 0 && !rest.rows.energy.empty()) booked_until_.reset();
  return written;
}

void LedgerWriter::settled(std::size_t rows, bool written) {
  // First, so that whoever waits in flush() finds it counted.
  telemetry_.count(written ? "drover_ledger_rows_written_total" : "drover_ledger_rows_dropped_total", {},
                   static_cast<double>(rows));
  {
    const MutexLock lock(mutex_);
    state_.waiting -= rows;
    (written ? state_.written : state_.dropped) += rows;
    if (written) state_.problem.clear();
    dropping_ = false;
  }
  changed_.notify_all();
}

void LedgerWriter::note_problem(const Error& error) {
  telemetry_.count("drover_ledger_write_failures_total", {{"class", metric_label(error.cls)}});
  bool is_new = false;
  {
    const MutexLock lock(mutex_);
    is_new = std::exchange(state_.problem, error.message) != error.message;
  }
  if (is_new) log_.warn("the ledger can't be written", {{"error", to_string(error)}});
}

void LedgerWriter::wait(Duration pause, const std::stop_token& stop) {
  MutexLock lock(mutex_);
  (void)changed_.wait_for(lock, stop, pause, []() { return false; });
}

}  // namespace drover
