import { quantile } from "../load.js";
import type { Measured } from "./measure.js";
import { ratioOf, targets } from "./targets.js";

const width = 760;
const barHeight = 18;
const gap = 8;
const labelWidth = 330;
const valueWidth = 60;

/** A bar for each ratio of calls per second to a peer, with a line at 1: the peer. */
export function chart(measured: Measured): string {
  const bars = targets
    .filter(({ name }) => name.includes("calls/s"))
    .map((target) => ({ name: target.name.replace(", calls/s,", ""), ratios: ratioOf(measured, target) }))
    .filter(({ ratios }) => ratios.length > 0)
    .map(({ name, ratios }) => ({ name, ratio: quantile(ratios, 0.5) }));
  const most = Math.max(...bars.map(({ ratio }) => ratio), 1);
  const scale = (ratio: number) => Math.round((ratio / most) * (width - labelWidth - valueWidth));
  const height = bars.length * (barHeight + gap) + 2 * gap;
  const rows = bars.map(({ name, ratio }, index) => {
    const top = gap + index * (barHeight + gap);
    const middle = top + barHeight / 2 + 4;
    return `  <text x="${labelWidth - gap}" y="${middle}" text-anchor="end">${name}</text>
  <rect x="${labelWidth}" y="${top}" width="${scale(ratio)}" height="${barHeight}"/>
  <text x="${labelWidth + scale(ratio) + gap}" y="${middle}">${ratio.toFixed(2)}</text>`;
  });
  const one = labelWidth + scale(1);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Calls per second of this build, as ratios to peers">
  <style>text { font: 12px sans-serif; fill: #444 } rect { fill: #3b7dd8 } line { stroke: #c33; stroke-dasharray: 4 3 }</style>
${rows.join("\n")}
  <line x1="${one}" y1="0" x2="${one}" y2="${height}"/>
</svg>
`;
}
