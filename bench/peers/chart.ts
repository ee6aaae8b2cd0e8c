import { quantile } from "../load.js";
import { type Result, type Results, verdictOf } from "./results.js";

const width = 760;
const rowHeight = 24;
const barHeight = 14;
const labelWidth = 300;
const valueWidth = 60;
const titleHeight = 36;
const margin = 12;
/** Powers of two at the ends of the axis. */
const axis = { least: -3, most: 4 };

/**
 * The ratios to other servers as bars from 1, which is the other server, on an axis whose marks double. Has its own
 * background, so that it can be read on pages of any color.
 */
export function chart(results: readonly Results[]): string {
  const groups = results.slice(0, 2);
  let top = margin;
  const parts = groups.flatMap(({ title, isMoreBetter, all }) => {
    const better = isMoreBetter ? "more is better" : "less is better";
    const heading = `  <text class="title" x="${margin}" y="${top + 20}">${title} (${better})</text>`;
    top += titleHeight;
    const start = top;
    const bars = all.map((result, index) => bar(result, isMoreBetter, start + index * rowHeight));
    top += all.length * rowHeight;
    const marks = marksBetween(start, top);
    top += rowHeight;
    return [heading, ...marks, ...bars];
  });
  const height = top;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Ratios of this build to other servers and to the earlier build">
  <style>
    text { font: 12px sans-serif; fill: #1f2328 } .title { font-weight: bold } .mark { fill: #59636e }
    .ground { fill: #ffffff } .grid { stroke: #d1d9e0 } .one { stroke: #59636e; stroke-width: 2 } .floor { stroke: #1f2328; stroke-width: 2 }
    .reached { fill: #1a7f37 } .held { fill: #0969da } .missed { fill: #cf222e }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc } .mark { fill: #9198a1 } .ground { fill: #0d1117 } .grid { stroke: #3d444d } .one { stroke: #9198a1 } .floor { stroke: #f0f6fc }
      .reached { fill: #3fb950 } .held { fill: #4493f8 } .missed { fill: #f85149 }
    }
  </style>
  <rect class="ground" width="${width}" height="${height}" rx="6"/>
${parts.join("\n")}
  <text class="mark" x="${margin}" y="${height - margin}">Green: the aim is reached. Blue: the floor holds. Red: the floor is missed. Short lines are the floors.</text>
</svg>
`;
}

function bar(result: Result, isMoreBetter: boolean, top: number): string {
  const ratio = quantile(result.values, 0.5);
  const [one, end] = [xOf(1), xOf(ratio)];
  const verdict = verdictOf(result, isMoreBetter);
  const kind = verdict === "aim reached" ? "reached" : verdict === "floor holds" ? "held" : "missed";
  const y = top + (rowHeight - barHeight) / 2;
  const middle = top + rowHeight / 2 + 4;
  const floor = result.floor === undefined ? one : xOf(result.floor);
  return `  <text x="${labelWidth - margin}" y="${middle}" text-anchor="end">${result.name}</text>
  <rect class="${kind}" x="${Math.min(one, end)}" y="${y}" width="${Math.max(1, Math.abs(end - one))}" height="${barHeight}"/>
  <line class="floor" x1="${floor}" y1="${top + 2}" x2="${floor}" y2="${top + rowHeight - 2}"/>
  <text x="${width - margin}" y="${middle}" text-anchor="end">${ratio.toFixed(2)}</text>`;
}

function marksBetween(top: number, bottom: number): readonly string[] {
  return Array.from({ length: axis.most - axis.least + 1 }, (_, index) => {
    const ratio = 2 ** (axis.least + index);
    const x = xOf(ratio);
    return `  <line class="${ratio === 1 ? "one" : "grid"}" x1="${x}" y1="${top}" x2="${x}" y2="${bottom}"/>
  <text class="mark" x="${x}" y="${bottom + 14}" text-anchor="middle">${ratio}</text>`;
  });
}

function xOf(ratio: number): number {
  const share = (Math.log2(ratio) - axis.least) / (axis.most - axis.least);
  const between = Math.min(1, Math.max(0, share));
  return Math.round(labelWidth + between * (width - labelWidth - valueWidth - margin));
}
