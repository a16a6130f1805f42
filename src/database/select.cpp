#include "gatehouse/database/select.hpp"

#include <algorithm>
#include <bit>

namespace gatehouse::database {

std::optional<Fragment> choose(std::span<const Choice> choices, std::string_view word) {
  const auto* found = std::ranges::find(choices.data(), choices.data() + choices.size(), word,
                                        [](const Choice& choice) { return choice.word; });
  if (found == choices.data() + choices.size()) return std::nullopt;
  return found->sql;
}

std::string escape_like(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size() + 8);
  for (const char byte : text) {
    if (byte == '%' || byte == '_' || byte == '\\') escaped += '\\';
    escaped += byte;
  }
  return escaped;
}

void Select::open_condition(std::string_view text) {
  conditions_ += conditions_.empty() ? " WHERE (" : " AND (";
  conditions_ += text;
}

void Select::keep(const Value& value) {
  values_.push_back(Kept{value.kind(), value.integer(), std::string(value.text())});
}

std::vector<Value> Select::values() const {
  std::vector<Value> bound;
  bound.reserve(values_.size() + 2);
  for (const Kept& kept : values_) {
    switch (kept.kind) {
      case Value::Kind::null:
        bound.emplace_back(nullptr);
        break;
      case Value::Kind::integer:
        bound.emplace_back(kept.integer);
        break;
      case Value::Kind::text:
        bound.emplace_back(kept.text);
        break;
      case Value::Kind::blob:
        bound.push_back(Value::blob(kept.text));
        break;
    }
  }
  return bound;
}

Select& Select::where(Fragment condition, std::span<const Value> values) {
  open_condition(condition.text());
  conditions_ += ')';
  for (const Value& value : values) keep(value);
  return *this;
}

Select& Select::where_in(Fragment column, std::span<const std::string> values) {
  if (values.empty()) return where("0 = 1");
  // A power of two of places keeps the number of different statements small; the last value fills
  // the rest.
  const std::size_t places = std::bit_ceil(values.size());
  open_condition(column.text());
  conditions_ += " IN (";
  for (std::size_t i = 0; i < places; ++i) {
    conditions_ += i == 0 ? "?" : ",?";
    keep(values[std::min(i, values.size() - 1)]);
  }
  conditions_ += "))";
  return *this;
}

Select& Select::where_contains(Fragment column, std::string_view text) {
  open_condition(column.text());
  conditions_ += " LIKE ? ESCAPE '\\')";
  keep("%" + escape_like(text) + "%");
  return *this;
}

Select& Select::group_by(Fragment terms) {
  group_ += group_.empty() ? " GROUP BY " : ", ";
  group_ += terms.text();
  return *this;
}

Select& Select::order_by(Fragment term) {
  order_ += order_.empty() ? " ORDER BY " : ", ";
  order_ += term.text();
  return *this;
}

Select& Select::order_by(Fragment column, bool descending) {
  order_by(column);
  order_ += descending ? " DESC" : " ASC";
  return *this;
}

Select& Select::limit(std::int64_t count, std::int64_t offset) {
  limit_.emplace(std::max<std::int64_t>(count, 0), std::max<std::int64_t>(offset, 0));
  return *this;
}

std::string Select::filtered(std::string_view columns) const {
  std::string sql = "SELECT ";
  sql += columns;
  sql += " FROM ";
  sql += from_.text();
  sql += conditions_;
  sql += group_;
  return sql;
}

std::string Select::sql() const {
  std::string sql = filtered(columns_.text()) + order_;
  if (limit_) sql += " LIMIT ? OFFSET ?";
  return sql;
}

std::string Select::count_sql() const {
  return "SELECT count(*) FROM (" + filtered("1") + ") AS counted";
}

core::Result<void> Select::each(Connection& connection, const Connection::RowFunction& row) const {
  std::vector<Value> values = this->values();
  if (limit_) {
    values.emplace_back(limit_->first);
    values.emplace_back(limit_->second);
  }
  return connection.query(sql(), values, row);
}

core::Result<std::int64_t> Select::count(Connection& connection) const {
  std::int64_t rows = 0;
  auto done = connection.query(count_sql(), values(), [&](const Row& row) -> core::Result<void> {
    rows = row.integer(0);
    return {};
  });
  if (!done) return core::pass(done);
  return rows;
}

}  // namespace gatehouse::database
