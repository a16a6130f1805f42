#include "stored_model_entries.hpp"

#include <optional>
#include <string>

#include "gatehouse/config/binder.hpp"
#include "gatehouse/json/scan.hpp"
#include "gatehouse/models/config.hpp"
#include "sealed_params.hpp"

namespace gatehouse::app {
namespace {

struct OneModel {
  std::vector<models::ModelListEntry> model_list;
};

void describe(config::Section& s, OneModel& c) {
  s.sections("model_list", c.model_list, {.text = "one stored model"});
}

/// JSON is YAML, so the row goes through the same reader and the same checks as the file.
core::Result<std::string> document_of(const tenancy::StoredModel& model,
                                      const crypto::KeyRing& keys) {
  auto params = opened_params(model, keys);
  if (!params) return params;
  std::string text = R"({"model_list":[{"model_name":)";
  json::append_quoted(text, model.model_name);
  text += R"(,"litellm_params":)" + *params;
  text += R"(,"model_info":)" + model.model_info + "}]}";
  return text;
}

std::optional<models::ModelListEntry> entry_of(const tenancy::StoredModel& model,
                                               const StoredModelReader& reader,
                                               std::string& trouble) {
  const auto text = document_of(model, reader.keys);
  if (!text) {
    trouble = text.error().public_message;
    return {};
  }
  config::Problems problems;
  const auto document = config::parse_yaml(*text, problems);
  OneModel one;
  if (document) one = config::read<OneModel>(document->root(), reader.environment, problems);
  if (problems.failed() || one.model_list.size() != 1) {
    trouble = problems.to_text("");
    return {};
  }
  models::ModelListEntry entry = std::move(one.model_list.front());
  entry.path = "stored model " + model.model_id;
  entry.id = model.model_id;
  if (model.team_id) entry.team_id = *model.team_id;
  entry.trusted = false;
  return entry;
}

}  // namespace

std::vector<models::ModelListEntry> entries_of(const std::vector<tenancy::StoredModel>& stored,
                                               const StoredModelReader& reader,
                                               config::Problems& problems) {
  std::vector<models::ModelListEntry> entries;
  for (const tenancy::StoredModel& model : stored) {
    std::string trouble;
    auto entry = entry_of(model, reader, trouble);
    if (entry) {
      entries.push_back(std::move(*entry));
    } else {
      problems.warning("stored model " + model.model_id, 0, "is left out: " + trouble);
    }
  }
  return entries;
}

}  // namespace gatehouse::app
