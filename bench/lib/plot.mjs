// The plot in the README, made from the results and from nothing else.

const WIDTH = 960;
const PAD = 28;
const GAP = 36;
const LABEL_HEIGHT = 20;
const BAR_HEIGHT = 16;
const ROW_HEIGHT = 48;
const TITLE_HEIGHT = 58;
/** Room right of the longest bar for its figure. */
const FIGURE = 84;

const escaped = (text) => String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A panel: bars of one unit, all against the longest. */
function panel({ title, note, bars }, x, width) {
  const longest = Math.max(...bars.map(({ value }) => value));
  const lines = [
    `<text class="t h" x="${x}" y="${PAD + 14}">${escaped(title)}</text>`,
    `<text class="s" x="${x}" y="${PAD + 34}">${escaped(note)}</text>`,
  ];
  bars.forEach(({ label, value, shown, own, bound }, row) => {
    const y = PAD + TITLE_HEIGHT + row * ROW_HEIGHT;
    const length = Math.max(2, (value / longest) * (width - FIGURE));
    const kind = own ? 'own' : bound ? 'bound' : 'peer';
    const barY = y + LABEL_HEIGHT - 4;
    lines.push(
      `<text class="t${own ? ' h' : ''} l" x="${x}" y="${y + 8}">${escaped(label)}</text>`,
      `<rect class="${kind}" x="${x}" y="${barY}" width="${length.toFixed(1)}" height="${BAR_HEIGHT}" rx="3"/>`,
      `<text class="f" x="${(x + length + 7).toFixed(1)}" y="${barY + 13}">${escaped(shown)}</text>`,
    );
  });
  return lines.map((line) => `  ${line}`).join('\n');
}

/** The whole plot; `caption` says what it was taken on. */
export function plot(panels, caption) {
  const width = (WIDTH - 2 * PAD - (panels.length - 1) * GAP) / panels.length;
  const most = Math.max(...panels.map(({ bars }) => bars.length));
  const height = PAD + TITLE_HEIGHT + most * ROW_HEIGHT + 34;
  const drawn = panels.map((one, at) => panel(one, PAD + at * (width + GAP), width));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="14" role="img" aria-label="${escaped(panels.map(({ title }) => title).join('; '))}">
  <style>
    .t{fill:#1d2433}.s{fill:#5b6579;font-size:12px}.h{font-weight:600}.l{font-size:12.5px}
    .f{fill:#1d2433;font-size:12.5px;font-variant-numeric:tabular-nums}
    .own{fill:#3b6ef6}.peer{fill:#b8c1d1}.bound{fill:none;stroke:#7a869a;stroke-width:1.2;stroke-dasharray:4 3}
  </style>
  <rect width="${WIDTH}" height="${height}" rx="14" fill="#f7f9fc"/>
${drawn.join('\n')}
  <text class="s" x="${PAD}" y="${height - 18}">${escaped(caption)}</text>
</svg>
`;
}
