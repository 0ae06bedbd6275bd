/** Sorting by the numbers behind a column; rows without a value stand last. */
const VALUE = {
  rank: (n) => (n[7] == null ? null : n[7] + n[8] / 1e6),
  score: (n) => n[0],
  pct: (n) => n[3],
  scored: (n) => n[4],
  failed: (n) => (n[5] ? n[6] / n[5] : null),
  cost: (n) => (n[9] == null || !n[4] ? null : n[9] / n[4]),
};
const NAMED = { llm: 0, video: 1, mode: 2, topic: 3, kind: 3 };

function sortValue(board, column, i) {
  if (column in NAMED) return board.data.rows[i][NAMED[column]];
  if (column === 'time') return board.data.rows[i][6];
  return board.numbers[i] ? VALUE[column](board.numbers[i]) : null;
}

const NAMES = new Intl.Collator('en', { numeric: true }); // one for all: making it is what takes time

function sortBoard(board) {
  const wanted = state.sort || '';
  const down = wanted.startsWith('-');
  const column = wanted.replace(/^-/, '');
  const known = column in VALUE || column in NAMED || column === 'time';
  const values = board.rows.map((_, i) => (known ? sortValue(board, column, i) : i));
  const compare = (a, b) => (typeof a === 'string' ? NAMES.compare(a, b) : a - b);
  board.order = board.rows.map((_, i) => i).sort((a, b) => {
    const [x, y] = [values[a], values[b]];
    if (x == null || y == null) return (x == null) - (y == null) || a - b;
    return (down ? -compare(x, y) : compare(x, y)) || a - b;
  });
  const human = [...board.body.querySelectorAll('tr.human')];
  board.body.append(...board.order.map((i) => board.rows[i]), ...human);
  for (const head of board.table.tHead.querySelectorAll('[data-sort]')) {
    const own = known && head.dataset.sort === column;
    if (own) head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    else head.removeAttribute('aria-sort');
  }
}

/** Headings become buttons: best first, then the other way, then as it was. */
function makeSortable(board, changed) {
  for (const head of board.table.tHead.querySelectorAll('[data-sort]')) {
    const column = head.dataset.sort;
    const button = el('button', { type: 'button', class: 'sort' }, ...head.childNodes);
    const first = { score: board.data.lower ? '' : '-', pct: '-', scored: '-' }[column] ?? '';
    button.addEventListener('click', () => {
      const steps = [first + column, (first ? '' : '-') + column, ''];
      writeState({ sort: steps[(steps.indexOf(state.sort || '') + 1) % steps.length] });
      changed();
    });
    head.append(button);
  }
}
