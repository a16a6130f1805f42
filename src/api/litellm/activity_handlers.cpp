/// How much was called, by day.

#include <algorithm>
#include <map>
#include <utility>

#include "litellm/activity_report.hpp"
#include "litellm/spend_handlers.hpp"
#include "litellm/spend_scope.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::FieldErrors;
using admin::JsonWriter;
using admin::Outcome;
using admin::QueryReader;
using ledger::Subject;
using ledger::UsageBy;
using ledger::UsageGroup;

constexpr std::size_t kTopModels = 10;

// --- /global/activity -------------------------------------------------------------------------

/// "Jan 22"
std::string month_and_day(std::string_view date) {
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::size_t month = std::stoul(std::string(date.substr(5, 2)));
  return std::string(kMonths.substr((month - 1) * 3, 3)) + ' ' + std::string(date.substr(8, 2));
}

struct ModelActivity {
  std::vector<std::pair<std::string, ledger::UsageSums>> days;
  ledger::UsageSums total;
};

void write_activity(JsonWriter& out, const ModelActivity& activity) {
  out.key("daily_data").begin_array();
  for (const auto& [date, sums] : activity.days) {
    out.begin_object()
        .member("date", month_and_day(date))
        .member("api_requests", sums.requests)
        .member("total_tokens", sums.total_tokens())
        .end_object();
  }
  out.end_array()
      .member("sum_api_requests", activity.total.requests)
      .member("sum_total_tokens", activity.total.total_tokens());
}

Outcome<std::vector<UsageGroup>> daily(const AdminRequest& request, ControlPlane& control,
                                       UsageBy by) {
  FieldErrors errors;
  const QueryReader query(request.query, errors);
  const auto days = required_days(query);
  if (!days) return std::unexpected(days.error());
  const auto queries = settled_queries(control);
  if (!queries) return std::unexpected(queries.error());
  auto groups = (*queries)->usage(by, *days, {});
  if (!groups) return std::unexpected(refuse_question(groups.error()));
  return std::move(*groups);
}

// --- /…/daily/activity ------------------------------------------------------------------------

struct Question {
  ledger::DayRange days;
  ledger::UsageFilter filter;
  std::uint64_t page = 1;
  std::uint64_t size = 1'000;
};

/// As the original has it: days are those of UTC, so a client elsewhere gets a day more where its
/// own days end. `timezone` is what JavaScript's getTimezoneOffset() says, in minutes.
Outcome<ledger::DayRange> local_days(const QueryReader& query) {
  auto days = required_days(query);
  if (!days) return days;
  const auto offset = query.text("timezone");
  if (offset && !offset->empty() && *offset != "0") {
    (offset->front() == '-' ? days->first : days->last) +=
        std::chrono::days(offset->front() == '-' ? -1 : 1);
  }
  return days;
}

std::vector<std::string>& named_by(Subject subject, ledger::UsageFilter& filter) {
  switch (subject) {
    case Subject::user:
      return filter.user_ids;
    case Subject::team:
      return filter.team_ids;
    case Subject::organization:
      return filter.organization_ids;
    case Subject::end_user:
      return filter.end_users;
    case Subject::tag:
      break;
  }
  return filter.tags;
}

std::string_view parameter_of(Subject subject) {
  switch (subject) {
    case Subject::user:
      return "user_id";
    case Subject::team:
      return "team_ids";
    case Subject::organization:
      return "organization_ids";
    case Subject::end_user:
      return "end_user_ids";
    case Subject::tag:
      break;
  }
  return "tags";
}

Outcome<Question> read_question(const AdminRequest& request, ControlPlane& control,
                                Subject subject) {
  FieldErrors errors;
  QueryReader query(request.query, errors);
  Question question;
  question.page = query.count("page", 1, {1, 1'000'000'000});
  question.size = query.count("page_size", 50, {1, 1'000});
  if (!errors.empty()) return std::unexpected(errors.answer());
  const auto days = local_days(query);
  if (!days) return std::unexpected(days.error());
  question.days = *days;
  if (const auto key = key_hash(query, "api_key"))
    question.filter.api_keys = all_hashes(control, *key);
  if (const auto model = query.text("model")) question.filter.models = {*model};
  named_by(subject, question.filter) = comma_list(query.text(parameter_of(subject)));
  const auto own = keep_to_own(request, control, subject, question.filter);
  if (!own) return std::unexpected(own.error());
  return question;
}

Answer activity_page(const AdminRequest& request, ControlPlane& control, Subject subject) {
  const auto question = read_question(request, control, subject);
  if (!question) return question.error();
  const auto queries = settled_queries(control);
  if (!queries) return queries.error();
  const auto page = (*queries)->activity(subject, question->days, question->filter,
                                         (question->page - 1) * question->size, question->size);
  if (!page) return refuse_question(page.error());
  const auto names = ActivityNames::of(**queries, subject, page->lines);
  if (!names) return refuse_question(names.error());

  JsonWriter out;
  ledger::UsageSums total;
  out.begin_object().key("results").begin_array();
  for (auto line = page->lines.begin(); line != page->lines.end();) {
    const auto end = std::find_if(line, page->lines.end(),
                                  [&](const auto& other) { return other.date != line->date; });
    total += write_day(out, {line, end}, *names);
    line = end;
  }
  out.end_array();
  const std::uint64_t pages = (page->total + question->size - 1) / question->size;
  write_report_end(out, total, {question->page, std::max<std::uint64_t>(pages, 1)});
  out.end_object();
  return admin::ok(std::move(out).take());
}

/// Everything at once; one day at a time is in memory.
Answer activity_whole(const AdminRequest& request, ControlPlane& control, Subject subject) {
  const auto question = read_question(request, control, subject);
  if (!question) return question.error();
  const auto queries = settled_queries(control);
  if (!queries) return queries.error();
  auto writer = ActivityWriter::begin(**queries, subject, question->days, question->filter);
  if (!writer) return refuse_question(writer.error());
  auto first = (*writer)->next();
  if (!first) return refuse_question(first.error());
  return {200, std::move(*first), [kept = *writer] { return kept->next(); }};
}

}  // namespace

Answer global_activity(const AdminRequest& request, ControlPlane& control) {
  const auto groups = daily(request, control, UsageBy::day);
  if (!groups) return groups.error();
  ModelActivity activity;
  for (const UsageGroup& group : *groups) {
    activity.days.emplace_back(group.names[0], group.sums);
    activity.total += group.sums;
  }
  JsonWriter out;
  out.begin_object();
  write_activity(out, activity);
  out.end_object();
  return admin::ok(std::move(out).take());
}

Answer global_activity_by_model(const AdminRequest& request, ControlPlane& control) {
  const auto groups = daily(request, control, UsageBy::day_model_group);
  if (!groups) return groups.error();
  std::map<std::string, ModelActivity> models;
  for (const UsageGroup& group : *groups) {
    if (group.names[1].empty()) continue;  // refused before a model was found
    ModelActivity& activity = models[group.names[1]];
    activity.days.emplace_back(group.names[0], group.sums);
    activity.total += group.sums;
  }
  std::vector<const std::pair<const std::string, ModelActivity>*> top;
  top.reserve(models.size());
  for (const auto& model : models) top.push_back(&model);
  std::ranges::sort(top, [](const auto* a, const auto* b) {
    if (a->second.total.requests != b->second.total.requests) {
      return a->second.total.requests > b->second.total.requests;
    }
    return a->first < b->first;
  });
  if (top.size() > kTopModels) top.resize(kTopModels);
  JsonWriter out;
  out.begin_array();
  for (const auto* model : top) {
    out.begin_object().member("model", model->first);
    write_activity(out, model->second);
    out.end_object();
  }
  out.end_array();
  return admin::ok(std::move(out).take());
}

Answer user_activity(const AdminRequest& request, ControlPlane& control) {
  return activity_page(request, control, Subject::user);
}
Answer user_activity_aggregated(const AdminRequest& request, ControlPlane& control) {
  return activity_whole(request, control, Subject::user);
}
Answer team_activity(const AdminRequest& request, ControlPlane& control) {
  return activity_page(request, control, Subject::team);
}
Answer team_activity_aggregated(const AdminRequest& request, ControlPlane& control) {
  return activity_whole(request, control, Subject::team);
}
Answer organization_activity(const AdminRequest& request, ControlPlane& control) {
  return activity_page(request, control, Subject::organization);
}
Answer organization_activity_aggregated(const AdminRequest& request, ControlPlane& control) {
  return activity_whole(request, control, Subject::organization);
}
Answer customer_activity(const AdminRequest& request, ControlPlane& control) {
  return activity_page(request, control, Subject::end_user);
}
Answer customer_activity_aggregated(const AdminRequest& request, ControlPlane& control) {
  return activity_whole(request, control, Subject::end_user);
}
Answer tag_activity(const AdminRequest& request, ControlPlane& control) {
  return activity_page(request, control, Subject::tag);
}
Answer tag_activity_aggregated(const AdminRequest& request, ControlPlane& control) {
  return activity_whole(request, control, Subject::tag);
}

}  // namespace gatehouse::api::litellm
