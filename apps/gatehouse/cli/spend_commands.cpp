#include <array>

#include "request_text.hpp"
#include "session.hpp"
#include "terms_options.hpp"

namespace gatehouse::app::cli {
namespace {

constexpr std::array kBudgetColumns = {
    Column{"BUDGET", "budget_id"},       Column{"MAX", "max_budget", true},
    Column{"SOFT", "soft_budget", true}, Column{"EVERY", "budget_duration"},
    Column{"RPM", "rpm_limit", true},    Column{"TPM", "tpm_limit", true},
};
constexpr std::array kLogColumns = {
    Column{"START", "startTime"},
    Column{"STATUS", "status"},
    Column{"MODEL", "model"},
    Column{"KEY", "metadata.user_api_key_alias"},
    Column{"TEAM", "team_id"},
    Column{"USER", "user"},
    Column{"PROMPT", "prompt_tokens", true},
    Column{"COMPLETION", "completion_tokens", true},
    Column{"SPEND", "spend", true},
    Column{"REQUEST", "request_id"},
};
constexpr std::array kUnknownColumns = {
    Column{"CALL", "call_id"},      Column{"SINCE", "since"}, Column{"RESERVED", "reserved", true},
    Column{"MODEL", "model_group"}, Column{"KEY", "api_key"},
};
constexpr std::array kKeyColumns = {
    Column{"NAME", "key_name"},
    Column{"ALIAS", "key_alias"},
    Column{"SPEND", "total_spend", true},
    Column{"HASH", "api_key"},
};
constexpr std::array kModelColumns = {
    Column{"MODEL", "model"},
    Column{"SPEND", "total_spend", true},
};
constexpr std::array kDayColumns = {
    Column{"DAY", "group_by_day"},
    Column{"TEAM", "team_name"},
    Column{"CUSTOMER", "customer"},
    Column{"KEY", "api_key"},
    Column{"SPEND", "total_spend", true},
    Column{"COST", "total_cost", true},
    Column{"INPUT", "total_input_tokens", true},
    Column{"OUTPUT", "total_output_tokens", true},
};

std::string show_report(const JsonValue& answer) {
  // Per day and group: a table of groups below each day.
  std::string out;
  bool by_day = false;
  for (const auto& [key, day] : answer.items()) {
    const JsonValue* title = day.find("group_by_day");
    const JsonValue* groups = day.find("teams");
    if (!groups) groups = day.find("customers");
    if (!title || !groups) break;
    by_day = true;
    out += title->shown() + '\n' + table(*groups, kDayColumns);
  }
  return by_day ? out : table(answer, kDayColumns);
}

struct Days {
  std::string from, to;
  void add(CLI::App& command) {
    command.add_option("--from", from, "first day, YYYY-MM-DD (UTC)")->required();
    command.add_option("--to", to, "last day")->required();
  }
  Query query(std::string_view path) const {
    Query query(path);
    query.add("start_date", from).add("end_date", to);
    return query;
  }
};

void add_report(CLI::App& spend, Session& session) {
  struct Options {
    Days days;
    std::string group = "team";
  };
  CLI::App* command = spend.add_subcommand("report", "who spent how much");
  command->footer("example: gatehouse spend report --from 2026-01-01 --to 2026-01-31 --by api_key");
  auto o = std::make_shared<Options>();
  o->days.add(*command);
  command->add_option("--by", o->group, "team, customer or api_key")
      ->check(CLI::IsMember({"team", "customer", "api_key"}));
  session.on(command, [&session, o] {
    Query query = o->days.query("/global/spend/report");
    query.add("group_by", o->group);
    return session.call({"GET", query.str(), {}}, show_report);
  });
}

void add_logs(CLI::App& spend, Session& session) {
  struct Options {
    Days days;
    std::optional<std::string> key, user, team, request, model, status;
    std::string page = "1", size = "50";
  };
  CLI::App* command = spend.add_subcommand("logs", "single calls, newest first");
  command->footer(
      "example: gatehouse spend logs --from 2026-01-05 --to 2026-01-06 --team research");
  auto o = std::make_shared<Options>();
  o->days.add(*command);
  command->add_option("--key", o->key, "hash of a key");
  command->add_option("--user", o->user, "user id");
  command->add_option("--team", o->team, "team id");
  command->add_option("--request", o->request, "request id");
  command->add_option("--model", o->model, "model");
  command->add_option("--status", o->status, "success or failure")
      ->check(CLI::IsMember({"success", "failure"}));
  command->add_option("--page", o->page, "page, from 1")->check(CLI::PositiveNumber);
  command->add_option("--size", o->size, "rows of a page, at most 100")->check(CLI::Range(1, 100));
  session.on(command, [&session, o] {
    Query query = o->days.query("/spend/logs/v2");
    query.add("api_key", o->key).add("user_id", o->user).add("team_id", o->team);
    query.add("request_id", o->request).add("model", o->model).add("status_filter", o->status);
    query.add("page", o->page).add("page_size", o->size);
    return session.call({"GET", query.str(), {}}, show_table("data", kLogColumns));
  });
}

void add_top(CLI::App& spend, Session& session, const char* name, const char* help,
             std::string path, std::span<const Column> columns) {
  CLI::App* command = spend.add_subcommand(name, help);
  auto limit = std::make_shared<std::string>("20");
  command->add_option("--limit", *limit, "rows")->check(CLI::Range(1, 1000));
  session.on(command, [&session, limit, path = std::move(path), columns] {
    const std::string target = Query(path).add("limit", std::string_view(*limit)).str();
    return session.call({"GET", target, {}}, show_table("", columns));
  });
}

void add_reconciliation(CLI::App& spend, Session& session) {
  CLI::App* list = spend.add_subcommand(
      "unknown", "calls that the server's end cut off: charged at most, until somebody knows");
  auto limit = std::make_shared<std::string>("100");
  list->add_option("--limit", *limit, "rows")->check(CLI::Range(1, 10'000));
  session.on(list, [&session, limit] {
    const std::string target =
        Query("/spend/reconciliation").add("limit", std::string_view(*limit)).str();
    return session.call({"GET", target, {}}, show_table("", kUnknownColumns));
  });

  struct Options {
    std::optional<std::string> call, cost;
  };
  CLI::App* resolve = spend.add_subcommand("resolve", "tell what such a call did cost");
  resolve->footer("example: gatehouse spend resolve 0197a1b2-… --cost 0.0042");
  auto o = std::make_shared<Options>();
  resolve->add_option("call", o->call, "call id")->required();
  resolve->add_option("--cost", o->cost, "USD; 0 when the provider did not bill it")
      ->required()
      ->check(CLI::NonNegativeNumber);
  session.on(resolve, [&session, o] {
    Body body;
    body.text("call_id", o->call).raw("cost", o->cost);
    return session.call({"POST", "/spend/reconciliation", body.str()},
                        show_text("resolved " + o->call.value_or("")));
  });
}

}  // namespace

void add_budget_commands(CLI::App& app, Session& session) {
  struct Options {
    std::optional<std::string> id;
    TermsOptions terms;
  };
  CLI::App* budget =
      app.add_subcommand("budget", "budgets that several keys, users or teams share");
  budget->require_subcommand(1);
  CLI::App* made = budget->add_subcommand("new", "make a budget");
  made->footer("example: gatehouse budget new --id trial --max-budget 1 --budget-duration 30d");
  auto o = std::make_shared<Options>();
  made->add_option("--id", o->id, "budget id (default: a new one)");
  o->terms.add(*made, false);
  session.on(made, [&session, o] {
    Body body;
    body.text("budget_id", o->id);
    return session.call({"POST", "/budget/new", o->terms.write(body).str()},
                        [](const JsonValue& row) {
                          const JsonValue* id = row.find("budget_id");
                          return "budget " + (id ? id->shown() : "?") + '\n';
                        });
  });
  CLI::App* list = budget->add_subcommand("list", "all of them");
  session.on(list, [&session] {
    return session.call({"GET", "/budget/list", {}}, show_table("", kBudgetColumns));
  });
}

void add_spend_commands(CLI::App& app, Session& session) {
  CLI::App* spend = app.add_subcommand("spend", "what was spent");
  spend->require_subcommand(1);
  add_report(*spend, session);
  add_logs(*spend, session);
  add_reconciliation(*spend, session);
  add_top(*spend, session, "keys", "keys by what they spent in 30 days", "/global/spend/keys",
          kKeyColumns);
  add_top(*spend, session, "models", "models by what they cost in 30 days", "/global/spend/models",
          kModelColumns);
}

}  // namespace gatehouse::app::cli
