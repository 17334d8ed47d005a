// Medians and their spread. Never a mean: one neighbour on the machine would move it.

/** The value below which `share` of the values lie, between neighbours in proportion. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}

export const median = (values) => quantile(values, 0.5);

/** Digits that mean something: three, or all of a whole number. */
export function rounded(value) {
  if (!Number.isFinite(value) || Math.abs(value) >= 1000) return Math.round(value);
  return Number(value.toPrecision(3));
}

/** Median, quartiles, extremes and the raw values behind them. */
export function spread(values) {
  return {
    median: rounded(median(values)),
    lower: rounded(quantile(values, 0.25)),
    upper: rounded(quantile(values, 0.75)),
    least: rounded(Math.min(...values)),
    most: rounded(Math.max(...values)),
    raw: values.map(rounded),
  };
}

/** `median (lower–upper)`. */
export function shown({ median: middle, lower, upper }, unit = '') {
  return `${middle}${unit} (${lower}–${upper})`;
}
