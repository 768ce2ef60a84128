// SPDX-License-Identifier: Apache-2.0
// report_style: how a report looks (one style sheet) and the read-out that follows the pointer (one
// script it does not need).
#pragma once
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <collab/core/error.hpp>
#include <collab/report/svg.hpp>

namespace collab::detail {

inline std::string theme_variables(Theme theme) {
    const Palette p = palette(theme);
    std::string s = sentence("--page:", p.page, ";--surface:", p.surface, ";--text:", p.text,
                             ";--muted:", p.muted, ";--line:", p.line, ";--grid:", p.grid);
    for (std::size_t i = 0; i < p.series.size(); ++i)
        s += sentence(";--c", i, ":", p.series[i]);
    // Ten classes need more hues than curves have; their names stand beside them, so that nobody
    // has to tell them by hue alone.
    constexpr std::array<std::string_view, 10> on_light{"#1f6fb4", "#c25700", "#2a7f2a", "#c0272d",
                                                        "#7a4fb0", "#7f4a3a", "#b83a94", "#5a5f66",
                                                        "#7d7a00", "#0a7f8c"};
    constexpr std::array<std::string_view, 10> on_dark{"#6db3f2", "#ffa04d", "#63d063", "#ff7f7f",
                                                       "#bca0ec", "#d0a493", "#f29bd4", "#b9bec6",
                                                       "#d6d257", "#4fd0de"};
    for (std::size_t i = 0; i < 10; ++i)
        s += sentence(";--k", i, ":", (theme == Theme::light ? on_light : on_dark)[i]);
    return s;
}

inline constexpr std::string_view report_rules = R"css(
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.6 FONTS;overflow-wrap:break-word}
main{max-width:1160px;margin:0 auto;padding:clamp(28px,6vw,72px) clamp(16px,4vw,40px) 40px}
h1{margin:0;font-size:clamp(1.75rem,1.2rem + 2.4vw,2.75rem);line-height:1.15;font-weight:680;letter-spacing:-.022em;text-wrap:balance}
h2{margin:0 0 14px;font-size:1.125rem;line-height:1.3;font-weight:650;letter-spacing:-.008em}
p{margin:0 0 .8em;max-width:72ch;white-space:pre-line}
.lede{margin:14px 0 0;color:var(--muted);font-size:1.0625rem}
section{margin-top:clamp(32px,4.5vw,52px)}
.card{background:var(--surface);border:1px solid var(--line);border-radius:14px;padding:clamp(16px,2.2vw,26px)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,230px),1fr));
gap:26px clamp(24px,3.4vw,44px);margin:clamp(28px,4vw,46px) 0 0;padding:0;list-style:none}
.tile{border-top:3px solid currentColor;padding-top:16px}
.tile b{display:block;font-size:clamp(2.3rem,1.7rem + 2vw,3.3rem);line-height:1.1;font-weight:680;
letter-spacing:-.03em;font-variant-numeric:tabular-nums}
.tile span{display:block;color:var(--text);font-weight:560;margin-top:8px;line-height:1.4;text-wrap:balance}
.tile small{display:block;color:var(--muted);font-size:.875rem;margin-top:4px;line-height:1.45;text-wrap:balance}
.care{margin:clamp(20px,2.6vw,30px) 0 0;padding:0 0 0 18px;border-left:3px solid var(--line);color:var(--muted);font-size:.9375rem;list-style:none}
.care li{max-width:76ch}.care li+li{margin-top:6px}
.scroll{overflow-x:auto;border-radius:14px}
.scroll:focus-visible{outline:2px solid var(--c0);outline-offset:2px}
table{width:100%;border-collapse:collapse;font-size:.9375rem}
caption{caption-side:top;text-align:left;padding-bottom:14px;font-size:1.125rem;line-height:1.3;font-weight:650;letter-spacing:-.008em}
th,td{padding:11px 12px;text-align:left;vertical-align:baseline}
th:first-child,td:first-child{padding-left:0}
th:last-child,td:last-child{padding-right:0}
thead th{color:var(--muted);font-size:.8125rem;font-weight:500;line-height:1.35;vertical-align:bottom;border-bottom:1px solid var(--line)}
tbody th{font-weight:600;white-space:nowrap}
tbody tr+tr>*{border-top:1px solid var(--grid)}
tbody tr:last-child>*{padding-bottom:2px}
.n{text-align:right;font-variant-numeric:tabular-nums}
td.n{white-space:nowrap}
.strong{font-weight:680}
section.tables>*+*{margin-top:20px}
.charts{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:20px}
figure{position:relative;margin:0;min-width:0}
figcaption+div{margin-top:6px}
figure.solo{grid-column:1/-1}
figcaption h3{margin:0;font-size:1rem;line-height:1.35;font-weight:650}
figcaption h3+p,.note{margin:8px 0 0;color:var(--muted);font-size:.875rem;line-height:1.5}
svg.chart{display:block;overflow:visible;width:100%;height:auto}
.chart{font-family:FONTS;font-variant-numeric:tabular-nums}
svg.narrow,.solo svg.wide{display:none}
.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr));gap:20px;margin-top:10px}
.panels h4{margin:0 0 6px;font-size:.875rem;font-weight:560;color:var(--muted)}
svg.scatter{display:block;width:100%;height:auto;max-width:520px;border:1px solid var(--grid);border-radius:9px;font:600 13px FONTS}
.scatter path{fill:none;stroke:currentColor;stroke-width:5;stroke-linecap:round;stroke-opacity:.55}
.scatter text{fill:currentColor;text-anchor:middle;paint-order:stroke;stroke:var(--surface);stroke-width:4;stroke-linejoin:round}
table.confusion{width:auto;min-width:100%;font-size:.8125rem;line-height:1.3;font-variant-numeric:tabular-nums;margin-top:10px}
.confusion th,.confusion td{padding:0 2px!important;border:1px solid var(--surface)!important}
.confusion thead th{height:7.2em;vertical-align:bottom;text-align:center;font-size:.8125rem}
.confusion thead span{display:inline-block;writing-mode:vertical-rl;transform:rotate(180deg);max-height:8.5em;overflow:hidden;white-space:nowrap}
.confusion tbody th{vertical-align:middle;font-weight:500;color:var(--muted);padding-right:8px!important;position:sticky;left:0;background:var(--surface)}
.confusion tbody td{min-width:2.3em;height:2.15em;text-align:center;vertical-align:middle;border-radius:5px;
background:color-mix(in srgb,var(--c0) var(--share,0%),var(--grid))}
.confusion td.full{color:var(--surface);font-weight:600}
dl{display:grid;grid-template-columns:minmax(9em,max-content) minmax(0,1fr);gap:0;margin:0;font-size:.9375rem}
dt{color:var(--muted);padding:8px 28px 8px 0}
dd{margin:0;padding:8px 0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums;white-space:pre-line}
dt:not(:first-of-type),dt:not(:first-of-type)+dd{border-top:1px solid var(--grid)}
footer{margin-top:clamp(36px,5vw,56px);color:var(--muted);font-size:.8125rem}
.tip{position:absolute;z-index:2;pointer-events:none;background:var(--surface);border:1px solid var(--line);border-radius:9px;
padding:8px 11px;font-size:.8125rem;line-height:1.5;
white-space:nowrap;box-shadow:0 6px 22px rgb(0 0 0/.16);font-variant-numeric:tabular-nums}
.tip div{display:flex;justify-content:space-between;gap:18px}
.tip .x{color:var(--muted)}
.cursor{stroke:var(--muted);stroke-opacity:.55}
@media(max-width:980px){.charts{grid-template-columns:minmax(0,1fr)}svg.large{display:none}.solo svg.wide{display:block}svg.wide{max-width:600px}
th,td{padding-left:8px;padding-right:8px}table{font-size:.875rem}}
@media(max-width:620px){
svg.wide,.solo svg.wide{display:none}svg.narrow{display:block}
.cards,.cards tbody,.cards tr,.cards th,.cards td{display:block}
.cards thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.cards caption{display:block;padding-bottom:4px}
.cards tbody th,.cards tbody td{padding:5px 0!important;border:0!important}
.cards tbody th{padding-top:14px!important;font-size:1rem;white-space:normal}
.cards tbody td{display:flex;justify-content:space-between;gap:16px;text-align:right;white-space:normal}
.cards tbody td::before{content:attr(data-label);color:var(--muted);font-weight:400;text-align:left}
.cards tbody tr+tr{border-top:1px solid var(--line);margin-top:12px}
table.confusion{font-size:.6875rem}.confusion thead th{font-size:.6875rem}.confusion tbody td{min-width:1.9em}
dl{display:block}dt{padding:10px 0 0}dd{padding:0 0 10px}dt:not(:first-of-type)+dd{border-top:0}}
@media print{body{background:none}.card,figure,tr{break-inside:avoid}.tip{display:none}}
)css";

// Without this script the page lacks nothing but the values under the pointer.
inline constexpr std::string_view report_script = R"js(
for (const svg of document.querySelectorAll('svg.chart')) {
  const [left, right, xLow, xHigh, bottom, top, yLow, yHigh] = svg.dataset.scale.split(' ').map(Number);
  const percent = svg.dataset.unit === '%', digits = +svg.dataset.digits;
  const curves = [...svg.querySelectorAll('path[data-name]')].map(path => ({
    name: path.dataset.name, color: getComputedStyle(path),
    points: [...path.getAttribute('d').matchAll(/(-?[\d.]+) (-?[\d.]+)/g)].map(m => [+m[1], +m[2]])}));
  const columns = [...new Set(curves.flatMap(c => c.points.map(p => p[0])))];
  if (!columns.length) continue;
  const figure = svg.closest('figure'), tip = document.createElement('div'), line = document.createElementNS(svg.namespaceURI, 'path');
  tip.className = 'tip'; line.setAttribute('class', 'cursor');
  const hide = () => { tip.remove(); line.remove(); };
  const row = (name, value, style) => {
    const div = document.createElement('div');
    for (const text of [name, value]) div.appendChild(document.createElement('span')).textContent = text;
    if (style) div.style.color = style.color; else div.className = 'x';
    tip.append(div);
  };
  svg.addEventListener('pointermove', event => {
    const box = svg.getBoundingClientRect(), scale = box.width / svg.viewBox.baseVal.width, at = (event.clientX - box.left) / scale;
    if (at < left - 12 || at > right + 12) return hide();
    const x = columns.reduce((a, b) => Math.abs(b - at) < Math.abs(a - at) ? b : a);
    tip.replaceChildren();
    row(svg.dataset.x || 'x', String(+(xLow + (x - left) / (right - left) * (xHigh - xLow)).toPrecision(3)));
    const shown = curves.map(c => [c, c.points.find(p => p[0] === x)]).filter(c => c[1]).sort((a, b) => a[1][1] - b[1][1]);
    for (const [c, p] of shown) {
      const y = yLow + (bottom - p[1]) / (bottom - top) * (yHigh - yLow);
      row(c.name, percent ? (100 * y).toFixed(digits) + '%' : y.toFixed(digits), c.color);
    }
    line.setAttribute('d', `M${x} ${top}V${bottom}`);
    svg.append(line); figure.append(tip);
    const frame = figure.getBoundingClientRect(), px = box.left - frame.left + x * scale;
    tip.style.left = Math.max(4, px + tip.offsetWidth + 16 > frame.width ? px - tip.offsetWidth - 14 : px + 14) + 'px';
    tip.style.top = box.top - frame.top + top * scale + 6 + 'px';
  });
  svg.addEventListener('pointerleave', hide);
}
)js";

inline std::string report_css() {
    const std::string light = theme_variables(Theme::light);
    const std::string dark = theme_variables(Theme::dark);
    std::string s = sentence(":root{color-scheme:light dark;", light,
                             "}\n@media(prefers-color-scheme:dark){:root{", dark,
                             "}}\n@media print{:root{color-scheme:light;", light, "}}");
    for (std::size_t i = 0; i < palette(Theme::light).series.size(); ++i)
        s += sentence(".c", i, "{color:var(--c", i, ")}");
    for (int i = 0; i < 10; ++i)
        s += sentence(".k", i, "{color:var(--k", i, ")}");
    s += chart_css("var(--text)", "var(--muted)", "var(--line)", "var(--grid)", "var(--surface)");
    std::string rules(report_rules);
    for (std::size_t at; (at = rules.find("FONTS")) != std::string::npos;)
        rules.replace(at, 5, font_stack);
    return s + rules;
}

}  // namespace collab::detail
