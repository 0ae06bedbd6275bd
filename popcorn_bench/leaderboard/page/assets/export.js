/** Text that no spreadsheet takes for a formula, quoted where it must be. */
function csvField(value) {
  if (value == null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^\s*[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function download(name, lines) {
  const text = lines.map((line) => line.map(csvField).join(',')).join('\n') + '\n';
  const link = el('a', { href: URL.createObjectURL(new Blob([text], { type: 'text/csv' })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const COLUMNS = ['task', 'metric', 'evaluator', 'queries', 'llm', 'video', 'mode', 'part', 'family', 'mean', 'ci_low', 'ci_high', 'human_percentile', 'n_scored', 'n_planned', 'n_failed', 'rank_low', 'rank_high', 'cost_usd', 'median_seconds', 'flags'];

/** The rows that are shown, in their order. */
function boardCsv(board) {
  const { task, metric, evaluator, rows } = board.data;
  const lines = board.shown.map((i) => {
    const [llm, video, mode, part, family, flags, took] = rows[i];
    const names = [llm, video, mode || (board.slice ? state.mode : null), part, family];
    return [task, metric, evaluator, state.part || 'all', ...names, ...board.numbers[i], took, flags.join('; ')];
  });
  return [COLUMNS, ...lines];
}

async function copyLink(button) {
  const said = button.textContent;
  try {
    await navigator.clipboard.writeText(location.href);
    button.textContent = 'Copied';
  } catch {
    button.textContent = 'Copy it from the address bar';
  }
  setTimeout(() => { button.textContent = said; }, 1800);
}
