// SPDX-License-Identifier: Apache-2.0
// grid: a file that lists the trainings of a study, and the cells that it means.
#pragma once
#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <collab/study/cell.hpp>
#include <collab/study/results.hpp>
#include <collab/study/toml.hpp>
#include <collab/study/trainer.hpp>

namespace collab {

/// A part of a grid: every combination of its values.
struct GridBlock {
    std::string name{};
    std::string role = "main";  ///< or "search"
    std::string choose{};       ///< name of the search that its settings are taken from
    std::vector<Cell> rows{};   ///< seed by seed
};
struct Grid {
    std::string name{};
    std::string results{};  ///< file of lines
    std::vector<GridBlock> blocks{};
};

namespace detail {
/// "1-10" as ten numbers.
inline Json seed_range(const Json& value, std::string_view what) {
    if (!value.is(Json::Kind::text))
        return value;
    int from = 0;
    int to = 0;
    const char* const begin = value.text.data();
    const char* const end = begin + value.text.size();
    const auto first = std::from_chars(begin, end, from);
    const bool dash = first.ec == std::errc{} && first.ptr != end && *first.ptr == '-';
    if (!dash || std::from_chars(first.ptr + 1, end, to).ptr != end || from < 0 || to < from ||
        to - from > 10000)
        fail(what, " is \"", value.text, "\"; expected seeds as \"1-10\" or [1, 2, 3]");
    Json list;
    list.kind = Json::Kind::array;
    for (int s = from; s <= to; ++s) {
        list.items.emplace_back();
        list.items.back().kind = Json::Kind::number;
        list.items.back().number = s;
    }
    return list;
}
/// Every row, with each of the values of one member.
inline std::vector<Cell> with_values(const std::vector<Cell>& rows, const std::string& name,
                                     const Json& given, const std::string& what) {
    const Json value = name == "seed" ? seed_range(given, what) : given;
    const std::vector<Json> one{value};
    const std::vector<Json>& values = value.is(Json::Kind::array) ? value.items : one;
    if (values.empty())
        fail(what, " is an empty array; expected at least one value");
    std::vector<Cell> all;
    const auto add = [&](const Cell& row, const Json& v) {
        all.push_back(row);
        Cell::each(all.back(), [&](const char* member, auto& to, CellPart) {
            if (name == member)
                set_cell_value(to, v, what);
        });
    };
    if (name == "seed") {  // seed by seed, so that pairs are complete early
        for (const Json& v : values)
            for (const Cell& row : rows)
                add(row, v);
    } else {
        for (const Cell& row : rows)
            for (const Json& v : values)
                add(row, v);
    }
    return all;
}
inline bool is_member(std::string_view name) {
    bool known = false;
    Cell cell;
    Cell::each(cell, [&](const char* member, auto&, CellPart) { known = known || name == member; });
    return known && name != "network";
}
inline std::string member_names() {
    std::string s;
    Cell cell;
    Cell::each(cell, [&](const char* member, auto&, CellPart) {
        if (is_member(member))
            s += (s.empty() ? "" : ", ") + std::string(member);
    });
    return s;
}
inline std::string text_of(const Json& table, std::string_view name, const std::string& what) {
    const Json* j = table.find(name);
    if (!j)
        return {};
    if (!j->is(Json::Kind::text))
        fail(what, ": '", name, "' is no text in quotes");
    return j->text;
}
inline GridBlock block_of(const Json& table, const Json* settings, const std::string& what) {
    GridBlock b;
    b.name = text_of(table, "name", what);
    b.choose = text_of(table, "choose", what);
    if (const std::string role = text_of(table, "role", what); !role.empty())
        b.role = role;
    if (b.role != "main" && b.role != "search")
        fail(what, ": its role is '", b.role, "'; expected main or search");
    b.rows = {Cell{}};
    std::map<std::string, const Json*> values;
    if (settings)
        for (std::size_t k = 0; k < settings->keys.size(); ++k)
            values[settings->keys[k]] = &settings->items[k];
    for (std::size_t k = 0; k < table.keys.size(); ++k)
        if (table.keys[k] != "name" && table.keys[k] != "choose" && table.keys[k] != "role")
            values[table.keys[k]] = &table.items[k];
    for (const auto& [name, value] : values)
        if (!is_member(name))
            fail(what, ": there is no setting '", name, "'; there are ", member_names());
    const auto multiply = [&](const std::string& name) {
        if (const auto at = values.find(name); at != values.end())
            b.rows = with_values(b.rows, name, *at->second, sentence(what, ": '", name, "'"));
    };
    Cell cell;
    Cell::each(cell, [&](const char* name, auto&, CellPart) { multiply(name); });
    return b;
}
}  // namespace detail

/// Throws Error for what is no grid, naming `source`.
inline Grid grid_of(std::string_view text, const std::string& source) {
    const Json all = parse_toml(text, source);
    Grid g;
    for (const std::string& key : all.keys)
        if (key != "name" && key != "results" && key != "settings" && key != "grid")
            fail(source, ": there is no '", key, "'; expected name, results, [settings], [[grid]]");
    g.name = detail::text_of(all, "name", source);
    g.results = detail::text_of(all, "results", source);
    const Json* settings = all.find("settings");
    const Json* blocks = all.find("grid");
    if (!blocks || !blocks->is(Json::Kind::array))
        fail(source, ": has no [[grid]]; expected at least one");
    std::set<std::string> names;
    for (const Json& table : blocks->items) {
        const std::string what = sentence(source, ", [[grid]] ", names.size() + 1);
        g.blocks.push_back(detail::block_of(table, settings, what));
        if (!names.insert(g.blocks.back().name).second || g.blocks.back().name.empty())
            fail(what, ": expected a name of its own, not '", g.blocks.back().name, "'");
    }
    for (const GridBlock& b : g.blocks) {
        if (b.choose.empty())
            continue;
        const auto from = std::find_if(g.blocks.begin(), g.blocks.end(), [&](const GridBlock& o) {
            return o.name == b.choose && o.role == "search";
        });
        if (from == g.blocks.end())
            fail(source, ", [[grid]] ", b.name, ": chooses from '", b.choose,
                 "', which is no block with role = \"search\"");
        for (const Cell& row : b.rows)
            for (const Cell& other : from->rows)
                if (row.seed == other.seed)
                    fail(source, ", [[grid]] ", b.name, ": seed ", row.seed,
                         " chose its settings in '", b.choose,
                         "'; expected seeds that the search did not see");
    }
    return g;
}

inline Grid read_grid(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file)
        fail("cannot read the grid ", path, "; expected a TOML file");
    return grid_of(std::string{std::istreambuf_iterator<char>(file), {}}, path);
}

/// A training of a grid.
struct PlannedCell {
    Cell cell{};
    std::string role{};
    std::string key{};
    bool needed = false;                ///< another cell begins from its weights
    std::vector<std::string> before{};  ///< keys of the cells that must be finished
};
/// All trainings that are known, each once, in the order they are to be done.
struct StudyPlan {
    std::vector<PlannedCell> cells{};
    /// trainings whose settings a search has yet to choose
    int waiting = 0;
};

namespace detail {
/// Finished trainings of this library on these data, by key.
using FinishedLines = std::map<std::string, const StudyLine*>;

class Planner {
public:
    Planner(const Grid& grid, const FinishedLines& finished, Trainer& trainer)
        : grid_(grid),
          finished_(finished),
          trainer_(trainer) {}

    StudyPlan plan() {
        for (const GridBlock& b : grid_.blocks)
            for (const Cell& row : b.rows) {
                const std::vector<Cell> cells = trainer_.trainings(row);
                for (std::size_t j = 0; j < cells.size(); ++j) {
                    Cell cell = cells[j];
                    if (b.choose.empty() || chosen(b.choose, j, cell))
                        add(cell, b.role);
                    else
                        ++plan_.waiting;
                }
            }
        return std::move(plan_);
    }

private:
    std::string key(const Cell& cell) { return cell_key(cell, trainer_.data_checksum(cell)); }
    /// Its teachers first.
    std::size_t add(const Cell& cell, const std::string& role) {
        PlannedCell planned{cell, role, key(cell), false, {}};
        if (const auto known = places_.find(planned.key); known != places_.end()) {
            if (role == "main")  // what is in both is of the main part
                plan_.cells[known->second].role = role;
            return known->second;
        }
        for (const Cell& teacher : trainer_.before(cell)) {
            const std::size_t at = add(teacher, role);
            plan_.cells[at].needed = true;
            planned.before.push_back(plan_.cells[at].key);
        }
        places_[planned.key] = plan_.cells.size();
        plan_.cells.push_back(std::move(planned));
        return plan_.cells.size() - 1;
    }
    /// Validation accuracy of a finished training, mean over the networks that learned; less than
    /// anything where it failed.
    static double score(const StudyLine& line) {
        double sum = 0;
        int n = 0;
        for (const NetworkResult& r : line.networks)
            if (r.learned) {
                sum += r.validation_accuracy;
                ++n;
            }
        return n == 0 || !line.failed.empty() ? -1 : sum / n;
    }
    /// Puts the settings of the best treatment of the search into the cell: the highest mean
    /// validation accuracy over seeds, the first of equal ones. False where the search is not done.
    bool chosen(const std::string& search, std::size_t j, Cell& cell) {
        std::vector<std::pair<std::string, Cell>> order;
        std::map<std::string, std::vector<double>> scores;
        for (const GridBlock& b : grid_.blocks) {
            if (b.name != search)
                continue;
            for (const Cell& row : b.rows) {
                if (row.data != cell.data || row.pair != cell.pair || row.method != cell.method)
                    continue;
                const Cell candidate = trainer_.trainings(row).at(j);
                const auto line = finished_.find(key(candidate));
                if (line == finished_.end())
                    return false;
                const std::string treatment = cell_text(candidate, true, true, false);
                if (scores[treatment].empty())
                    order.emplace_back(treatment, candidate);
                scores[treatment].push_back(score(*line->second));
            }
        }
        if (order.empty())
            fail("the search '", search, "' has no ", cell.method, " for ", cell.pair, " on ",
                 cell.data, "; expected every method that chooses from it");
        double best = -2;
        const Cell* winner = nullptr;
        for (const auto& [treatment, candidate] : order) {
            double mean = 0;
            for (const double s : scores[treatment])
                mean += s / double(scores[treatment].size());
            if (mean > best) {
                best = mean;
                winner = &candidate;
            }
        }
        cell.learning_rate = winner->learning_rate;
        cell.warm_up = winner->warm_up;
        cell.alpha = winner->alpha;
        cell.metric = winner->metric;
        cell.label_smoothing = winner->label_smoothing;
        return true;
    }

    const Grid& grid_;
    const FinishedLines& finished_;
    Trainer& trainer_;
    StudyPlan plan_{};
    std::map<std::string, std::size_t> places_{};
};

/// Those that this library and version made, the first of each key.
inline FinishedLines finished_lines(const std::vector<StudyLine>& lines) {
    FinishedLines all;
    for (const StudyLine& l : lines)
        if (l.library == COLLAB_VERSION && l.version == study_version)
            all.emplace(l.key(), &l);
    return all;
}
}  // namespace detail

inline StudyPlan plan_of(const Grid& grid, const std::vector<StudyLine>& lines, Trainer& trainer) {
    const detail::FinishedLines finished = detail::finished_lines(lines);
    return detail::Planner(grid, finished, trainer).plan();
}

}  // namespace collab
